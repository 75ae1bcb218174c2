// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.config.HvmConfig.UsbDevice;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.PeripheralConfig;
import org.xenjava.toolstack.config.PeripheralConfig.DiskBus;
import org.xenjava.toolstack.config.PeripheralConfig.SoundCard;
import org.xenjava.toolstack.config.PlatformConfig;
import org.xenjava.toolstack.config.PlatformConfig.GenerationId;
import org.xenjava.toolstack.config.PlatformConfig.MachineCheckFeature;
import org.xenjava.toolstack.config.PlatformConfig.SmbiosString;
import org.xenjava.toolstack.config.PlatformConfig.VendorDevice;
import org.xenjava.toolstack.config.ViridianFeature;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.text.UuidText;

/** Interprets the keys of an HVM guest's machine. */
final class XlHvmSection {
    private static final String ROMBIOS = "rombios";
    private static final String NONE = "none";

    private final XlSettings settings;

    XlHvmSection(XlSettings settings) {
        this.settings = settings;
    }

    /** The machine. A wrong key is reported and gets its default. */
    HvmConfig machine() {
        HvmConfig.Builder machine = HvmConfig.builder()
                .firmware(firmware())
                .features(features())
                .viridian(viridian())
                .serial(serial())
                .usbDevices(usbDevices())
                .platform(platform())
                .peripherals(peripherals())
                .graphics(new XlGraphicsSection(settings).graphics());
        settings.text("boot").ifPresent(machine::boot);
        settings.mib("mmio_hole").ifPresent(machine::mmioHole);
        return settings.valid(machine::build).orElse(HvmConfig.DEFAULT);
    }

    /** The firmware. xl's key {@code firmware} names either a kind of BIOS or a program in place of hvmloader. */
    private Firmware firmware() {
        Optional<Bios> bios = settings.wordInAnyCase("bios", Bios.values(), Bios::word);
        Optional<Path> loader = settings.file("firmware_override");
        Optional<String> word = settings.text("firmware");
        Optional<Bios> firmware = word.flatMap(XlHvmSection::bios);
        if (word.filter(ROMBIOS::equalsIgnoreCase).isPresent()) {
            settings.complain("firmware", "'firmware' is \"rombios\", which only the old QEMU of Xen runs");
        } else if (firmware.isPresent()) {
            contradict("firmware", firmware, "bios", bios);
            bios = firmware;
        } else if (word.isPresent()) {
            Optional<Path> file = settings.file("firmware");
            contradict("firmware", file, "firmware_override", loader);
            loader = file;
        }
        Bios chosen = bios.orElse(Bios.SEABIOS);
        Optional<Path> instead = loader;
        Optional<Path> image = settings.file("bios_path_override");
        Optional<Path> smbios = settings.file("smbios_firmware");
        Optional<Path> acpi = settings.file("acpi_firmware");
        return settings.valid(() -> new Firmware(chosen, image, instead, smbios, acpi))
                .orElse(Firmware.DEFAULT);
    }

    private static Optional<Bios> bios(String firmware) {
        return switch (firmware.toLowerCase(Locale.ROOT)) {
            case "bios", "seabios" -> Optional.of(Bios.SEABIOS);
            case "uefi", "ovmf" -> Optional.of(Bios.OVMF);
            default -> Optional.empty();
        };
    }

    private <T> void contradict(String key, Optional<T> value, String other, Optional<T> otherValue) {
        if (value.isPresent() && otherValue.isPresent() && !value.equals(otherValue)) {
            settings.complain(key, "'" + key + "' contradicts '" + other + "' of line " + settings.line(other));
        }
    }

    private Set<HvmFeature> features() {
        Set<HvmFeature> features = EnumSet.noneOf(HvmFeature.class);
        for (HvmFeature feature : HvmFeature.values()) {
            if (settings.truth(feature.word()).orElse(HvmFeature.DEFAULTS.contains(feature))) {
                features.add(feature);
            }
        }
        return features;
    }

    /** The groups, as in xl: a boolean for the defaults or none, or a list of groups, where {@code !} removes one. */
    private Set<ViridianFeature> viridian() {
        if (!settings.isList("viridian")) {
            return settings.truth("viridian").orElse(false) ? ViridianFeature.DEFAULTS : Set.of();
        }
        Set<ViridianFeature> wanted = EnumSet.noneOf(ViridianFeature.class);
        Set<ViridianFeature> unwanted = EnumSet.noneOf(ViridianFeature.class);
        Set<ViridianFeature> groups = EnumSet.noneOf(ViridianFeature.class);
        for (String word : settings.texts("viridian")) {
            switch (word) {
                case "defaults" -> groups.addAll(ViridianFeature.DEFAULTS);
                case "all" -> wanted.addAll(EnumSet.allOf(ViridianFeature.class));
                default -> {
                    boolean negated = word.startsWith("!");
                    Optional<ViridianFeature> group = group(negated ? word.substring(1) : word);
                    group.ifPresent(negated ? unwanted::add : wanted::add);
                    group.ifPresent(negated ? wanted::remove : unwanted::remove);
                }
            }
        }
        if (!Collections.disjoint(wanted, unwanted)) {
            settings.complain("viridian", "'viridian' removes a group before \"all\" adds it: write \"all\" first");
        }
        groups.addAll(wanted);
        groups.removeAll(unwanted);
        return groups;
    }

    private Optional<ViridianFeature> group(String word) {
        Optional<ViridianFeature> group = Stream.of(ViridianFeature.values())
                .filter(one -> one.word().equalsIgnoreCase(word))
                .findAny();
        if (group.isEmpty()) {
            settings.complain("viridian", "'viridian' has \"" + word + "\", which is no group");
        }
        return group;
    }

    private PlatformConfig platform() {
        List<SmbiosString> smbios = settings.texts("smbios").stream()
                .flatMap(text -> smbios(text).stream())
                .toList();
        GenerationId generation = generationId();
        Set<MachineCheckFeature> checks = EnumSet.noneOf(MachineCheckFeature.class);
        for (String word : settings.texts("mca_caps")) {
            one("mca_caps", MachineCheckFeature.values(), MachineCheckFeature::word, word)
                    .ifPresent(checks::add);
        }
        Optional<VendorDevice> vendor = settings.text("vendor_device")
                .filter(word -> !word.equals(NONE))
                .flatMap(word -> one("vendor_device", VendorDevice.values(), VendorDevice::word, word));
        return settings.valid(() -> new PlatformConfig(smbios, generation, checks, vendor))
                .orElse(PlatformConfig.DEFAULT);
    }

    private Optional<SmbiosString> smbios(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            settings.complain("smbios", "'smbios' has \"" + text + "\", not KIND=TEXT");
            return Optional.empty();
        }
        String value = text.substring(equals + 1);
        return one("smbios", SmbiosString.Kind.values(), SmbiosString.Kind::word, text.substring(0, equals))
                .flatMap(kind -> {
                    try {
                        return Optional.of(new SmbiosString(kind, value));
                    } catch (ConfigException e) {
                        settings.complain("smbios", e.getMessage());
                        return Optional.empty();
                    }
                });
    }

    /** A UUID is a form of {@link XlConfigWriter} only, for a guest that is built again. */
    private GenerationId generationId() {
        Optional<String> word = settings.text("ms_vm_genid").filter(text -> !text.equals(NONE));
        if (word.isEmpty()) {
            return new GenerationId.None();
        }
        if (word.get().equals("generate")) {
            return new GenerationId.Random();
        }
        Optional<UUID> id = UuidText.parse(word.get());
        if (id.isEmpty()) {
            settings.complain(
                    "ms_vm_genid", "'ms_vm_genid' is \"generate\", \"none\" or a UUID, not \"" + word.get() + '"');
            return new GenerationId.None();
        }
        return new GenerationId.Fixed(id.get());
    }

    private PeripheralConfig peripherals() {
        DiskBus bus = settings.wordInAnyCase("hdtype", DiskBus.values(), DiskBus::word)
                .orElse(DiskBus.IDE);
        OptionalInt version = settings.integer("usbversion").stream()
                .mapToInt(number -> number)
                .filter(number -> number != 0)
                .findAny();
        Optional<SoundCard> sound =
                settings.filled("soundhw").flatMap(word -> one("soundhw", SoundCard.values(), SoundCard::word, word));
        return settings.valid(() -> new PeripheralConfig(bus, version, sound)).orElse(PeripheralConfig.DEFAULT);
    }

    /** The value of that name, in any case, as xl reads libxl's enumerations. */
    private <E> Optional<E> one(String key, E[] values, Function<E, String> name, String word) {
        Optional<E> found = Stream.of(values)
                .filter(value -> name.apply(value).equalsIgnoreCase(word))
                .findAny();
        if (found.isEmpty()) {
            settings.complain(
                    key,
                    "'" + key + "' has \"" + word + "\", not one of "
                            + Stream.of(values).map(name).collect(Collectors.joining(", ")));
        }
        return found;
    }

    private List<String> serial() {
        List<String> ports = settings.textOrTexts("serial");
        return ports.equals(List.of(NONE)) ? List.of() : ports;
    }

    private List<UsbDevice> usbDevices() {
        Map<String, UsbDevice> words =
                Stream.of(UsbDevice.values()).collect(ImmutableMap.toImmutableMap(UsbDevice::word, device -> device));
        List<UsbDevice> devices = new ArrayList<>();
        for (String word : settings.textOrTexts("usbdevice")) {
            UsbDevice device = words.get(word);
            if (device == null) {
                settings.complain(
                        "usbdevice",
                        "'usbdevice' has \"" + word + "\", not one of " + String.join(", ", words.keySet())
                                + ": QEMU has dropped all others");
            } else {
                devices.add(device);
            }
        }
        return devices;
    }
}
