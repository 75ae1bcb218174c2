// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Tests that must pass on every release of Xen; CI runs them on each release that Debian has. */
@Tag("shares-host")
class ReleaseLabTest extends LabFixture {
    @Test
    void aPodGuestIsCreatedBootedResizedCheckedAndDestroyed() {
        Dom0.report("Xen " + toolstack.host().xenVersion());
        Domain domain = toolstack.create(LabGuest.config("any", 256, 512).build());
        assertEquals(65280, report("built", domain).debt());
        boot(domain);
        LabGuest.awaitSettled(domain, xenctrl);
        assertEquals(0, report("ballooned", domain).debt());
        domain.memory().set(KiB.ofMiB(320));
        assertEquals(KiB.ofMiB(320), domain.memory().status().target());
        LabGuest.awaitSettled(domain, xenctrl);
        assertEquals(0, report("resized", domain).debt());
        XljLabTest.xlj("pod-check", "any").expectSuccess();
        domain.destroy();
        assertFalse(domain.exists());
    }
}
