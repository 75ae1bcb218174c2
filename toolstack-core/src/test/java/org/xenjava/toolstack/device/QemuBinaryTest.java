// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QemuBinaryTest {
    @TempDir
    Path root = Path.of("");

    private Path install(String path) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.createFile(
                file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Debian 12 and 13, usr/libexec/xen-qemu-system-i386",
        "Debian 11, usr/bin/qemu-system-i386",
        "Fedora, usr/libexec/xen/bin/qemu-system-i386",
        "XCP-ng, usr/lib64/xen/bin/qemu-system-i386",
        "openSUSE, usr/lib/xen/bin/qemu-system-i386",
        "source, usr/local/lib/xen/bin/qemu-system-i386",
        "no QEMU of Xen, usr/bin/qemu-system-x86_64",
    })
    void qemuIsFoundWhereItIsInstalled(String system, String path) throws IOException {
        Path program = install(path);
        assertEquals(program, QemuBinary.below(root).find(Optional.empty()));
    }

    @Test
    void theQemuOfAPrefixComesFirst() throws IOException {
        Path program = install("opt/xen/lib/xen/bin/qemu-system-i386");
        Optional<Path> prefix = Optional.of(root.resolve("opt/xen"));
        assertEquals(program, QemuBinary.installed(prefix).find(Optional.empty()));
    }
}
