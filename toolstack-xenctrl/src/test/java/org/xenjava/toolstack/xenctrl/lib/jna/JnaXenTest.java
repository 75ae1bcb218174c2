// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

class JnaXenTest {
    @Test
    void onlyLibxencallIsOpenedUntilAnotherIsAskedFor() {
        FakeXen fake = FakeXen.fresh();
        try (XenLibraries xen = JnaXen.open(JnaXenStore::open)) {
            assertEquals(List.of("xencall_open((nil), 0)"), fake.log());
            assertSame(xen.store(), xen.store());
            assertEquals(List.of("xs_open(0)"), fake.log());
        }
        assertEquals(List.of("xs_close(0xc0ffee0000005)", "xencall_close(0xc0ffee0000001)"), fake.log());
    }

    @Test
    void aLibraryThatCouldNotBeOpenedIsTriedAgain() {
        FakeXen fake = FakeXen.fresh();
        try (XenLibraries xen = JnaXen.open(JnaXenStore::open)) {
            fake.next(0, Errno.ECONNREFUSED);
            assertThrows(XenAccessException.class, xen::store);
            xen.store().releaseDomain(5);
            xen.call().call(17, 0, 0);
        }
    }

    @Test
    void closingClosesEveryLibraryOnce() {
        FakeXen fake = FakeXen.fresh();
        XenLibraries xen = JnaXen.open(JnaXenStore::open);
        xen.foreignMemory();
        xen.eventChannels();
        xen.deviceModel();
        xen.store();
        fake.log();
        xen.close();
        xen.close();
        assertEquals(
                List.of(
                        "xs_close(0xc0ffee0000005)",
                        "xendevicemodel_close(0xc0ffee0000004)",
                        "xenevtchn_close(0xc0ffee0000003)",
                        "xenforeignmemory_close(0xc0ffee0000002)",
                        "xencall_close(0xc0ffee0000001)"),
                fake.log());
        assertThrows(IllegalStateException.class, xen::call);
        assertThrows(IllegalStateException.class, xen::store);
    }

    @Test
    void aMissingLibraryIsNamedWithItsPackages() {
        XenAccessException failure = assertThrows(
                XenAccessException.class,
                () -> SharedLibrary.find(List.of("libxen-of-nobody.so.2", "libxen-of-nobody.so.1"), "libxennobody2"));
        assertEquals(
                "Cannot load libxen-of-nobody.so.2 or libxen-of-nobody.so.1: install Xen's client libraries"
                        + " (Debian, Ubuntu: libxennobody2; Fedora: xen-libs)",
                failure.getMessage());
        assertInstanceOf(UnsatisfiedLinkError.class, failure.getCause());
    }

    /** Debian says which package a file is from; what is not installed here is not asked. */
    @ParameterizedTest
    @EnumSource(SharedLibrary.class)
    void theMessageNamesThePackageThatEachLibraryIsIn(SharedLibrary library) throws IOException, InterruptedException {
        assumeTrue(Files.exists(Path.of("/usr/bin/dpkg-query")), "this is no Debian");
        for (String soname : library.sonames) {
            Process process = new ProcessBuilder("dpkg-query", "-S", "*/" + soname).start();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() == 0) {
                String installed = answer.replaceAll("(?s)[:,].*", "");
                assertTrue(
                        List.of(library.debianPackage.split("[ ,]+")).contains(installed),
                        soname + " is in " + installed + ", not in " + library.debianPackage);
            }
        }
    }

    @Test
    void anOlderLibrarysNameIsTriedNext() {
        FakeXen.fresh();
        assertEquals(
                "libxencall.so.1",
                SharedLibrary.find(List.of("libxen-of-nobody.so.2", "libxencall.so.1"), "libxencall1")
                        .getFile()
                        .getName());
    }

    /** In a JVM of its own, where the stand-ins of the other tests are not to be found. */
    @Test
    void withoutXenOpeningNamesTheMissingLibrary() throws IOException, InterruptedException {
        assumeFalse(Files.exists(Path.of("/dev/xen/privcmd")), "this machine runs Xen");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OpenAndReport.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String report = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        assertTrue(
                report.startsWith("Cannot load libxencall.so.1: install Xen's client libraries")
                        || report.startsWith("Cannot open /dev/xen/privcmd (ENOENT): "),
                report);
    }

    /** Opens the Xen of this machine and prints why that failed. */
    static final class OpenAndReport {
        private OpenAndReport() {}

        public static void main(String[] args) {
            try (XenLibraries xen = JnaXen.open()) {
                System.out.println("opened " + xen);
            } catch (XenAccessException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
