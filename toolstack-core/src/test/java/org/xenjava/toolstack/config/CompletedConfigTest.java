// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CompletedConfigTest {
    private static final MacAddress GIVEN = new MacAddress("00:16:3e:01:02:03");
    private static final DomainConfig GUEST = DomainConfig.builder("web")
            .kernel(Path.of("/vmlinuz"))
            .memoryMib(256)
            .nics(List.of(
                    NicConfig.builder().bridge("br1").build(),
                    NicConfig.builder().mac(GIVEN).build()))
            .build();

    @Test
    void aCompletedGuestHasAUuidAndAddressesAndIsOtherwiseTheSame() {
        DomainConfig completed = GUEST.completed(new Random(1));

        assertEquals(4, completed.uuid().orElseThrow().version());
        assertEquals(2, completed.uuid().orElseThrow().variant());
        assertTrue(completed.nics().get(0).mac().orElseThrow().text().startsWith("00:16:3e:"));
        NicConfig addressed =
                GUEST.nics().get(0).withMac(completed.nics().get(0).mac().orElseThrow());
        assertEquals(
                GUEST.toBuilder()
                        .uuid(completed.uuid().orElseThrow())
                        .nics(List.of(addressed, GUEST.nics().get(1)))
                        .build(),
                completed);
    }

    @Test
    void aCompleteConfigurationStaysAsItIs() {
        DomainConfig completed = GUEST.completed(new Random(1));
        assertEquals(completed, completed.completed(new Random(2)));
        UUID uuid = new UUID(1, 2);
        assertEquals(
                Optional.of(uuid),
                GUEST.toBuilder().uuid(uuid).build().completed(new Random(1)).uuid());
    }

    @Test
    void theSameRandomnessMakesTheSameGuest() {
        assertEquals(GUEST.completed(new Random(7)), GUEST.completed(new Random(7)));
        assertNotEquals(GUEST.completed(new Random(7)), GUEST.completed(new Random(8)));
    }

    @Test
    void anAddressThatAnotherCardHasIsNotChosenAgain() {
        MacAddress first = GUEST.completed(new Random(7)).nics().get(0).mac().orElseThrow();
        DomainConfig taken = GUEST.toBuilder()
                .nics(List.of(
                        NicConfig.builder().build(),
                        NicConfig.builder().mac(first).build()))
                .build();
        assertNotEquals(
                first, taken.completed(new Random(7)).nics().get(0).mac().orElseThrow());
    }
}
