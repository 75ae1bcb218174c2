// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainType;

class GuestDriverTest {
    private static List<String> names(DomainType type) {
        return GuestDriver.of(type).stream().map(GuestDriver::name).toList();
    }

    @Test
    void windowsAndLinuxBefore411RunWithFirmwareOnly() {
        assertEquals(
                List.of("Linux 4.14 and later", "Linux 4.11 and 4.12", "FreeBSD"),
                names(DomainType.PVH).subList(0, 3));
        assertEquals(
                List.of("Linux 4.14 and later", "Linux 3.13 to 4.12", "Windows PV drivers", "FreeBSD"),
                names(DomainType.HVM).subList(0, 4));
    }

    @Test
    void theOtherDriversAreTheSameForPvhAndHvm() {
        assertEquals(names(DomainType.PVH).subList(3, 10), names(DomainType.HVM).subList(4, 11));
    }
}
