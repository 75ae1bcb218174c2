// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.net.InetAddresses;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.PlatformConfig.SmbiosString;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Rules for an HVM guest's machine; see {@link DomainRules}. */
final class HvmRules {
    /** hvmloader's smallest hole, 0xf0000000 … 4 GiB, and the mirror image of it (Xen's hvm/e820.h). */
    private static final KiB LEAST_MMIO_HOLE = KiB.ofMiB(256);

    private static final KiB GREATEST_MMIO_HOLE = KiB.ofMiB(3840);

    /** QEMU's largest card. */
    private static final KiB GREATEST_VIDEO_RAM = KiB.ofMiB(512);

    private static final Pattern BOOT = Pattern.compile("(?:([acdn])(?!.*\\1))+");
    private static final Pattern HOST = Pattern.compile("[a-zA-Z0-9_.-]+");
    private static final Pattern USER = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_.-]*[$]?");
    private static final Pattern SOCKET = Pattern.compile("unix:/[^,\\p{Cntrl}]{1,90}");
    private static final Pattern KEYMAP = Pattern.compile("[a-zA-Z0-9_-]+");
    private static final int LAST_DISPLAY = 65_535 - Vnc.FIRST_PORT;

    private HvmRules() {}

    static Optional<String> ofBoot(String boot) {
        return DeviceRules.when(
                !BOOT.matcher(boot).matches(),
                "boot is one or more of c (disk), d (CD-ROM), n (network) and a (floppy), each once, not '" + boot
                        + "'");
    }

    static Optional<String> ofViridian(Set<ViridianFeature> viridian) {
        return DeviceRules.when(
                !viridian.isEmpty() && !viridian.contains(ViridianFeature.BASE),
                "the viridian groups need the group 'base'");
    }

    static Optional<String> ofMmioHole(KiB hole) {
        return DeviceRules.when(
                !hole.isMultipleOfMiB() || hole.isLessThan(LEAST_MMIO_HOLE) || GREATEST_MMIO_HOLE.isLessThan(hole),
                "mmio_hole is " + LEAST_MMIO_HOLE.toMiB() + " … " + GREATEST_MMIO_HOLE.toMiB() + " MiB, not "
                        + DomainRules.amount(hole));
    }

    static Optional<String> ofSerial(List<String> serial) {
        return serial.stream()
                .flatMap(port -> DeviceRules.ofText("serial port", port).stream())
                .findFirst();
    }

    /** Each text once, except OEM's, for which hvmloader has 99 places. */
    static Optional<String> ofSmbios(List<SmbiosString> texts) {
        Map<SmbiosString.Kind, Long> counts =
                texts.stream().collect(Collectors.groupingBy(SmbiosString::kind, Collectors.counting()));
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() > (entry.getKey() == SmbiosString.Kind.OEM ? 99 : 1))
                .map(entry -> "smbios has " + entry.getValue() + " texts for "
                        + entry.getKey().word())
                .findFirst();
    }

    static Optional<String> ofSpice(Optional<String> host, OptionalInt port, OptionalInt tlsPort) {
        return DeviceRules.first(
                DeviceRules.when(port.isEmpty() && tlsPort.isEmpty(), "Spice needs a port: spiceport or spicetls_port"),
                DeviceRules.when(
                        host.filter(name -> !InetAddresses.isInetAddress(name)
                                        && !HOST.matcher(name).matches())
                                .isPresent(),
                        "'" + host.orElse("") + "' is no address that Spice can listen on"));
    }

    static Optional<String> ofTcpPort(String key, OptionalInt port) {
        return DeviceRules.when(
                port.isPresent() && (port.getAsInt() < 1 || port.getAsInt() > 65_535),
                key + " is 1 … 65535, not " + port.orElse(0));
    }

    static Optional<String> ofWord(String key, Optional<String> word) {
        return word.flatMap(
                text -> DeviceRules.when(!KEYMAP.matcher(text).matches(), key + " is a word, not '" + text + "'"));
    }

    static Optional<String> ofFile(String what, Optional<Path> file) {
        return file.flatMap(path -> DomainRules.ofFile(what, path));
    }

    static Optional<String> ofArguments(List<String> arguments) {
        return DeviceRules.when(
                arguments.stream().anyMatch(argument -> argument.indexOf('\0') >= 0),
                "an argument ends at its first NUL character, so it has none inside");
    }

    static Optional<String> ofVideoRam(Vga vga, KiB amount) {
        KiB least = vga.leastVideoRam();
        if (vga == Vga.NONE) {
            return DeviceRules.when(!amount.equals(KiB.ZERO), "without a graphics card there is no video RAM");
        }
        return DeviceRules.when(
                Long.bitCount(amount.value()) != 1 || amount.isLessThan(least) || GREATEST_VIDEO_RAM.isLessThan(amount),
                "videoram of " + vga.word() + " is a power of two, " + least.toMiB() + " … "
                        + GREATEST_VIDEO_RAM.toMiB() + " MiB, not " + DomainRules.amount(amount));
    }

    static Optional<String> ofKeymap(String keymap) {
        return DeviceRules.when(!KEYMAP.matcher(keymap).matches(), "'" + keymap + "' is no keymap");
    }

    static Optional<String> ofDisplay(int display) {
        return DeviceRules.when(
                display < 0 || display > LAST_DISPLAY, "a VNC display is 0 … " + LAST_DISPLAY + ", not " + display);
    }

    static Optional<String> ofPassword(String password) {
        return DeviceRules.ofText("VNC password", password);
    }

    /** A viewer controls the guest, so an address that other machines reach requires a password. */
    static Optional<String> ofUser(String user) {
        return DeviceRules.when(
                !USER.matcher(user).matches(), "device_model_user is the name of a user, not '" + user + "'");
    }

    static Optional<String> ofListener(String listen, Optional<String> password) {
        if (listen.startsWith(Vnc.SOCKET_PREFIX)) {
            return DeviceRules.when(
                    !SOCKET.matcher(listen).matches(),
                    "'" + listen + "' is no socket that VNC can listen on: unix:/PATH has no comma and at most 91"
                            + " characters in the path");
        }
        return DeviceRules.first(
                DeviceRules.when(
                        !InetAddresses.isInetAddress(listen)
                                && !HOST.matcher(listen).matches(),
                        "'" + listen + "' is no address that VNC can listen on"),
                DeviceRules.when(
                        password.isEmpty() && !DeviceRules.isLocal(listen),
                        "VNC on " + listen + ", where other machines reach it, needs a password: vncpasswd"));
    }
}
