// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.config.HvmConfig.UsbDevice;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.ViridianFeature;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The machine of an HVM guest: {@code type.hvm}, and members of {@code b_info} that only such a guest has. */
final class LibxlMachine {
    private static final String NO_SERIAL_PORT = "none";
    private static final int MOST_GROUPS = 64;

    /** xl leaves ADDRESS:DISPLAY to libxl; an IPv6 address is in brackets. */
    private static final Pattern LISTEN = Pattern.compile("([^:\\[\\]]*|\\[([^\\[\\]]+)\\]):([0-9]{1,5})");

    private static final long LAST_PORT = 65_535;

    /** The switches that libxl has in {@code b_info}; the others are in {@code type.hvm}. */
    private static final Set<HvmFeature> OF_EVERY_GUEST = EnumSet.of(HvmFeature.APIC, HvmFeature.ACPI);

    private LibxlMachine() {}

    static void writeDeviceModel(DeviceModel model, LibxlMembers build) {
        build.text("device_model", model.program())
                .text("device_model_user", model.user())
                .texts("extra", model.arguments());
    }

    static void writeFeatures(HvmConfig machine, LibxlMembers build) {
        OF_EVERY_GUEST.forEach(feature -> write(machine, feature, build));
    }

    static void writeConfinement(DeviceModel model, LibxlMembers build) {
        build.choice(
                "dm_restrict",
                model.confinement()
                        .filter(confinement -> confinement != Confinement.WHERE_POSSIBLE)
                        .map(Confinement.REQUIRED::equals));
    }

    private static void write(HvmConfig machine, HvmFeature feature, LibxlMembers members) {
        boolean has = machine.has(feature);
        members.choice(member(feature), Optional.of(has).filter(on -> on != HvmFeature.DEFAULTS.contains(feature)));
    }

    private static String member(HvmFeature feature) {
        return feature == HvmFeature.HVM_PIRQ ? "pirq" : feature.word();
    }

    static LibxlMembers write(HvmConfig machine) {
        Firmware firmware = machine.firmware();
        LibxlMembers members = new LibxlMembers()
                .text("firmware", firmware.loader())
                .text(
                        "bios",
                        Optional.of(firmware.bios())
                                .filter(bios -> bios != Bios.SEABIOS)
                                .map(Bios::word));
        Stream.of(HvmFeature.values())
                .filter(feature -> !OF_EVERY_GUEST.contains(feature))
                .forEach(feature -> write(machine, feature, members));
        boolean standard = machine.viridian().equals(ViridianFeature.DEFAULTS);
        members.choice("viridian", Optional.of(true).filter(yes -> standard));
        if (!standard) {
            members.bits("viridian_enable", machine.viridian().stream().mapToInt(LibxlMachine::bit));
        }
        members.number("mmio_hole_memkb", machine.mmioHole().map(KiB::value))
                .text("system_firmware", firmware.biosPath())
                .text("smbios_firmware", firmware.smbiosTables())
                .text("acpi_firmware", firmware.acpiTables());
        LibxlPlatform.write(machine.platform(), members);
        LibxlPlatform.write(machine.peripherals(), members);
        write(machine.graphics(), members);
        List<String> serial = machine.serial();
        if (serial.size() == 1) {
            members.text("serial", serial.get(0));
        }
        members.text("boot", Optional.of(machine.boot()).filter(boot -> !boot.equals(HvmConfig.DEFAULT_BOOT)));
        members.texts(
                "usbdevice_list",
                machine.usbDevices().stream().map(UsbDevice::word).toList());
        if (serial.size() > 1) {
            members.texts("serial_list", serial);
        }
        return members.object("rdm", new LibxlMembers());
    }

    private static void write(GraphicsConfig graphics, LibxlMembers members) {
        members.object(
                "vga",
                new LibxlMembers()
                        .text(
                                "kind",
                                Optional.of(graphics.vga())
                                        .filter(vga -> vga != Vga.CIRRUS)
                                        .map(LibxlWords::vga)));
        LibxlMembers vnc =
                new LibxlMembers().choice("enable", Optional.of(graphics.vnc().isPresent()));
        graphics.vnc().ifPresent(server -> vnc.text("listen", server.listen())
                .text("passwd", server.password())
                .number("display", Optional.of((long) server.display()).filter(display -> display != 0))
                .choice("findunused", Optional.of(false).filter(no -> server.choice() == DisplayChoice.EXACT)));
        members.object("vnc", vnc)
                .text("keymap", graphics.keymap())
                .object("sdl", LibxlPlatform.sdl(graphics.sdl()))
                .object("spice", LibxlPlatform.spice(graphics.spice()));
    }

    static HvmConfig read(LibxlObject build, LibxlObject hvm) {
        HvmConfig.Builder machine = HvmConfig.builder()
                .firmware(firmware(hvm))
                .features(features(build, hvm))
                .viridian(viridian(hvm))
                .serial(serial(hvm))
                .usbDevices(usbDevices(hvm))
                .platform(LibxlPlatform.platform(hvm))
                .peripherals(LibxlPlatform.peripherals(hvm))
                .graphics(graphics(build, hvm));
        hvm.text("boot").ifPresent(machine::boot);
        LibxlReader.size(hvm, "mmio_hole_memkb")
                .filter(hole -> hole.value() > 0)
                .ifPresent(machine::mmioHole);
        return hvm.checked(machine::build);
    }

    private static Firmware firmware(LibxlObject hvm) {
        Bios bios = hvm.word("bios", Bios.values(), Bios::word).orElse(Bios.SEABIOS);
        return hvm.checked(() -> new Firmware(
                bios,
                LibxlReader.file(hvm, "system_firmware"),
                LibxlReader.file(hvm, "firmware"),
                LibxlReader.file(hvm, "smbios_firmware"),
                LibxlReader.file(hvm, "acpi_firmware")));
    }

    /** {@code acpi} and {@code apic} of {@code type.hvm} are older places, which libxl still reads. */
    private static Set<HvmFeature> features(LibxlObject build, LibxlObject hvm) {
        Set<HvmFeature> features = EnumSet.noneOf(HvmFeature.class);
        for (HvmFeature feature : HvmFeature.values()) {
            Optional<Boolean> inMachine = hvm.flag(member(feature));
            Optional<Boolean> value = OF_EVERY_GUEST.contains(feature)
                    ? build.flag(member(feature)).or(() -> inMachine)
                    : inMachine;
            if (value.orElse(HvmFeature.DEFAULTS.contains(feature))) {
                features.add(feature);
            }
        }
        return features;
    }

    private static Set<ViridianFeature> viridian(LibxlObject hvm) {
        Set<ViridianFeature> groups = EnumSet.noneOf(ViridianFeature.class);
        if (hvm.flag("viridian").orElse(false)) {
            groups.addAll(ViridianFeature.DEFAULTS);
        }
        hvm.bits("viridian_enable", MOST_GROUPS).forEach(bit -> group(bit).ifPresent(groups::add));
        hvm.bits("viridian_disable", MOST_GROUPS).forEach(bit -> group(bit).ifPresent(groups::remove));
        return groups;
    }

    /** The number of a group in {@code libxl_viridian_enlightenment}. */
    private static int bit(ViridianFeature group) {
        return group.ordinal();
    }

    /** The group of a bit; none for the other bits, of which xl's "all" sets every one of the bitmap. */
    private static Optional<ViridianFeature> group(int bit) {
        return Stream.of(ViridianFeature.values())
                .filter(group -> bit(group) == bit)
                .findFirst();
    }

    /** libxl gives QEMU the arguments for all guests and those for the kind of this one. */
    static DeviceModel deviceModel(DomainType type, LibxlObject build) {
        boolean isHvm = type == DomainType.HVM;
        build.skip(isHvm ? "extra_pv" : "extra_hvm");
        List<String> arguments = Stream.of("extra", isHvm ? "extra_hvm" : "extra_pv")
                .flatMap(name -> build.texts(name).stream())
                .toList();
        Optional<Confinement> confinement =
                build.flag("dm_restrict").map(restricted -> restricted ? Confinement.REQUIRED : Confinement.OFF);
        return build.checked(() -> new DeviceModel(
                LibxlReader.file(build, "device_model"), arguments, confinement, build.text("device_model_user")));
    }

    private static List<String> serial(LibxlObject hvm) {
        List<String> list = hvm.texts("serial_list");
        return hvm.text("serial")
                .map(List::of)
                .filter(ports -> list.isEmpty())
                .map(ports -> ports.equals(List.of(NO_SERIAL_PORT)) ? List.<String>of() : ports)
                .orElse(list);
    }

    private static List<UsbDevice> usbDevices(LibxlObject hvm) {
        List<String> list = hvm.texts("usbdevice_list");
        return Stream.concat(hvm.text("usbdevice").stream(), list.stream())
                .map(word -> Stream.of(UsbDevice.values())
                        .filter(device -> device.word().equals(word))
                        .findFirst()
                        .orElseThrow(() ->
                                hvm.wrong("usbdevice_list", "'" + LibxlObject.shown(word) + "' is not supported")))
                .toList();
    }

    /** libxl's defaults: cirrus, and VNC on the loopback interface at the first free display. */
    private static GraphicsConfig graphics(LibxlObject build, LibxlObject hvm) {
        Vga vga = hvm.object("vga").word("kind", Vga.values(), LibxlWords::vga).orElse(Vga.CIRRUS);
        KiB videoRam = LibxlReader.size(build, "video_memkb").orElse(vga.leastVideoRam());
        Optional<Vnc> vnc = vnc(hvm.object("vnc"));
        return hvm.checked(() -> new GraphicsConfig(
                vga,
                videoRam,
                vnc,
                hvm.text("keymap"),
                LibxlPlatform.spice(hvm.object("spice")),
                LibxlPlatform.sdl(hvm.object("sdl"))));
    }

    private static Optional<Vnc> vnc(LibxlObject vnc) {
        boolean enabled = vnc.flag("enable").orElse(true);
        Matcher written = LISTEN.matcher(vnc.text("listen").orElse(Vnc.DEFAULT.listen()));
        boolean hasDisplay = written.matches();
        String listen = hasDisplay
                ? Optional.ofNullable(written.group(2)).orElse(written.group(1))
                : vnc.text("listen").orElse(Vnc.DEFAULT.listen());
        Optional<String> password = vnc.text("passwd");
        int display = hasDisplay
                ? Integer.parseInt(written.group(3))
                : (int) vnc.number("display", 0, LAST_PORT).orElse(0);
        DisplayChoice choice = vnc.flag("findunused").orElse(true) ? DisplayChoice.FIRST_FREE : DisplayChoice.EXACT;
        return enabled ? Optional.of(vnc.checked(() -> new Vnc(listen, display, choice, password))) : Optional.empty();
    }
}
