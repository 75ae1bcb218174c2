// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.xenctrl.lib.Errno;

class OpenFailureTest {
    @Test
    void withoutXenTheAdviceIsToBootIt() {
        assertEquals(
                "Cannot open /dev/xen/privcmd (ENOENT): this system does not run under Xen; boot the Xen hypervisor"
                        + " with this system as its dom0",
                message(Errno.ENOENT, false));
    }

    @Test
    void underXenWithoutTheDriverTheAdviceIsToLoadIt() {
        for (Errno errno : new Errno[] {Errno.ENOENT, Errno.ENXIO, Errno.ENODEV}) {
            assertEquals(
                    "Cannot open /dev/xen/privcmd (" + errno + "): load its driver with 'modprobe xen-privcmd'",
                    message(errno, true));
        }
    }

    @Test
    void withoutThePrivilegeTheAdviceIsRootOnAnyHypervisor() {
        String advice = "run as root; in a container, the device must be allowed too";
        assertEquals("Cannot open /dev/xen/privcmd (EACCES): " + advice, message(Errno.EACCES, true));
        assertEquals("Cannot open /dev/xen/privcmd (EPERM): " + advice, message(Errno.EPERM, false));
    }

    @Test
    void anythingElseIsForTheKernelLog() {
        assertEquals("Cannot open /dev/xen/privcmd (EMFILE): the kernel log may say why", message(Errno.EMFILE, true));
    }

    @Test
    void xenShowsInProcOrInSys(@TempDir Path root) throws IOException {
        assertFalse(OpenFailure.runsUnderXen(root));
        Files.createDirectories(root.resolve("sys/hypervisor/properties"));
        assertTrue(OpenFailure.runsUnderXen(root));
        Path other = Files.createDirectories(root.resolve("other"));
        Files.createDirectories(other.resolve("proc/xen"));
        assertTrue(OpenFailure.runsUnderXen(other));
    }

    private static String message(Errno errno, boolean underXen) {
        return OpenFailure.ofDevice("/dev/xen/privcmd", "xen-privcmd", errno, underXen)
                .getMessage();
    }
}
