// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.DeviceModelException;

/**
 * Finds QEMU. Its place is fixed when Xen is configured and differs between distributions, so every known place is
 * searched.
 */
public final class QemuBinary {
    private static final String NAME = "qemu-system-i386";

    private final List<Path> candidates;

    private QemuBinary(List<Path> candidates) {
        this.candidates = candidates;
    }

    /**
     * {@return the QEMU of this machine}
     *
     * @param prefix the prefix of a Xen that was installed from source, whose QEMU comes first
     */
    public static QemuBinary installed(Optional<Path> prefix) {
        return below(Path.of("/"), prefix);
    }

    /** The QEMU below another root directory. */
    static QemuBinary below(Path root) {
        return below(root, Optional.empty());
    }

    private static QemuBinary below(Path root, Optional<Path> prefix) {
        Stream<Path> own = prefix.stream().flatMap(xen -> Stream.of("lib/xen/bin/" + NAME, "libexec/xen/bin/" + NAME)
                .map(xen::resolve));
        return new QemuBinary(Stream.concat(own, known(root)).toList());
    }

    private static Stream<Path> known(Path root) {
        return Stream.of(
                        // Debian from bookworm on
                        "usr/libexec/xen-qemu-system-i386",
                        // Xen's own default
                        "usr/local/libexec/xen/bin/qemu-system-i386",
                        "usr/local/lib/xen/bin/qemu-system-i386",
                        // Fedora, Gentoo
                        "usr/libexec/xen/bin/qemu-system-i386",
                        // openSUSE, Arch, and XCP-ng in lib64
                        "usr/lib/xen/bin/qemu-system-i386",
                        "usr/lib64/xen/bin/qemu-system-i386",
                        // Debian before bookworm
                        "usr/bin/qemu-system-i386",
                        // the distribution's own, which emulates the same machines
                        "usr/bin/qemu-system-x86_64")
                .map(root::resolve);
    }

    /**
     * {@return the program}
     *
     * @param override {@code device_model_override}
     * @throws DeviceModelException if there is none; the message names every place
     */
    public Path find(Optional<Path> override) {
        List<Path> places = override.map(List::of).orElse(candidates);
        return places.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new DeviceModelException("no QEMU is at "
                        + places.stream().map(Path::toString).collect(Collectors.joining(", "))
                        + ": install QEMU for Xen, or name the program with device_model_override"));
    }
}
