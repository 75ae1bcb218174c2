// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.collect.Sets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The machine that an HVM guest sees, apart from its disks and network cards. Make one with {@link #builder}, whose
 * defaults are xl's with the upstream QEMU (libxl_create.c).
 *
 * @param firmware the program that starts first
 * @param boot what the firmware boots from, in this order: {@code c} hard disk, {@code d} CD-ROM, {@code n} network,
 *     {@code a} floppy; each at most once. libxl's default is {@code cda}
 * @param features switches of the machine
 * @param viridian the Hyper-V interfaces; none by default
 * @param mmioHole the hole below 4 GiB for devices; whole MiB, 256 MiB … 3840 MiB. Without it, hvmloader's
 *     smallest hole, 256 MiB, which it enlarges if the devices need more
 * @param serial QEMU's back end of each serial port: {@code pty} for a terminal of the host, {@code none}
 * @param usbDevices devices on the emulated USB controller
 * @param graphics the graphics card and the display
 * @param platform identity and rarer parts of the machine
 * @param peripherals emulated controllers and a sound card
 */
public record HvmConfig(
        Firmware firmware,
        String boot,
        Set<HvmFeature> features,
        Set<ViridianFeature> viridian,
        Optional<KiB> mmioHole,
        List<String> serial,
        List<UsbDevice> usbDevices,
        GraphicsConfig graphics,
        PlatformConfig platform,
        PeripheralConfig peripherals) {

    /** libxl's order: hard disk, CD-ROM, floppy. */
    public static final String DEFAULT_BOOT = "cda";

    /** xl's default machine. */
    public static final HvmConfig DEFAULT = builder().build();

    /**
     * The firmware. Every HVM guest starts in hvmloader, which loads the BIOS and builds the tables.
     *
     * @param bios the BIOS; SeaBIOS by default
     * @param biosPath image of the BIOS, instead of the installed one
     * @param loader a program to start instead of hvmloader
     * @param smbiosTables a file of SMBIOS structures that hvmloader adds to its own
     * @param acpiTables a file of ACPI tables that hvmloader adds to its own
     */
    public record Firmware(
            Bios bios,
            Optional<Path> biosPath,
            Optional<Path> loader,
            Optional<Path> smbiosTables,
            Optional<Path> acpiTables) {
        /** Xen's hvmloader with Xen's SeaBIOS. */
        public static final Firmware DEFAULT =
                new Firmware(Bios.SEABIOS, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        /**
         * Checks the paths.
         *
         * @param bios the BIOS; SeaBIOS by default
         * @param biosPath image of the BIOS, instead of the installed one
         * @param loader a program to start instead of hvmloader
         * @param smbiosTables a file of SMBIOS structures that hvmloader adds to its own
         * @param acpiTables a file of ACPI tables that hvmloader adds to its own
         * @throws ConfigException if a path is empty
         */
        public Firmware {
            new ProblemCollector()
                    .add(HvmRules.ofFile("bios_path_override", biosPath), "bios_path_override")
                    .add(HvmRules.ofFile("firmware_override", loader), "firmware_override", "firmware")
                    .add(HvmRules.ofFile("smbios_firmware", smbiosTables), "smbios_firmware")
                    .add(HvmRules.ofFile("acpi_firmware", acpiTables), "acpi_firmware")
                    .throwIfAny("");
        }
    }

    /** The firmware that boots the guest's disks. */
    public enum Bios {
        /** SeaBIOS, a PC BIOS. */
        SEABIOS,
        /** OVMF, UEFI firmware. */
        OVMF;

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Devices for the emulated USB controller. */
    public enum UsbDevice {
        /** A pointer with absolute coordinates. */
        TABLET,
        /** A mouse with relative coordinates. */
        MOUSE,
        /** A keyboard. */
        KEYBOARD,
        /** A graphics tablet of Wacom's. */
        WACOM_TABLET;

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * Checks the values.
     *
     * @param firmware the program that starts first
     * @param boot what the firmware boots from, in this order: {@code c} hard disk, {@code d} CD-ROM, {@code n}
     *     network, {@code a} floppy; each at most once. libxl's default is {@code cda}
     * @param features switches of the machine
     * @param viridian the Hyper-V interfaces; none by default
     * @param mmioHole the hole below 4 GiB for devices; whole MiB, 256 MiB … 3840 MiB. Without it, hvmloader's
     *     smallest hole, 256 MiB, which it enlarges if the devices need more
     * @param serial QEMU's back end of each serial port: {@code pty} for a terminal of the host, {@code none}
     * @param usbDevices devices on the emulated USB controller
     * @param graphics the graphics card and the display
     * @param platform identity and rarer parts of the machine
     * @param peripherals emulated controllers and a sound card
     * @throws ConfigException if the values are invalid
     */
    public HvmConfig {
        features = Sets.immutableEnumSet(features);
        viridian = Sets.immutableEnumSet(viridian);
        serial = List.copyOf(serial);
        usbDevices = List.copyOf(usbDevices);
        new ProblemCollector()
                .add(HvmRules.ofBoot(boot), "boot")
                .add(HvmRules.ofViridian(viridian), "viridian")
                .add(mmioHole.flatMap(HvmRules::ofMmioHole), "mmio_hole")
                .add(HvmRules.ofSerial(serial), "serial")
                .throwIfAny("");
    }

    /**
     * {@return whether the machine has a feature}
     *
     * @param feature the switch
     */
    public boolean has(HvmFeature feature) {
        return features.contains(feature);
    }

    /**
     * {@return whether the machine has an emulated USB controller, because of {@link HvmFeature#USB} or of a device}
     */
    public boolean hasUsbController() {
        return has(HvmFeature.USB) || !usbDevices.isEmpty();
    }

    /** The same machine, with what is random decided. */
    HvmConfig completed(RandomGenerator random) {
        return new HvmConfig(
                firmware,
                boot,
                features,
                viridian,
                mmioHole,
                serial,
                usbDevices,
                graphics,
                platform.completed(random),
                peripherals);
    }

    /** {@return a builder with xl's defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects a machine; {@link #build} validates it. */
    public static final class Builder {
        private Firmware firmware = Firmware.DEFAULT;
        private String boot = DEFAULT_BOOT;
        private Set<HvmFeature> features = HvmFeature.DEFAULTS;
        private Set<ViridianFeature> viridian = Set.of();
        private Optional<KiB> mmioHole = Optional.empty();
        private List<String> serial = List.of();
        private List<UsbDevice> usbDevices = List.of();
        private GraphicsConfig graphics = GraphicsConfig.DEFAULT;
        private PlatformConfig platform = PlatformConfig.DEFAULT;
        private PeripheralConfig peripherals = PeripheralConfig.DEFAULT;

        private Builder() {}

        /**
         * Sets the firmware.
         *
         * @param value the firmware; the default is {@link Firmware#DEFAULT}
         * @return this builder
         */
        public Builder firmware(Firmware value) {
            firmware = value;
            return this;
        }

        /**
         * Sets what the firmware boots from.
         *
         * @param value one or more of {@code c} hard disk, {@code d} CD-ROM, {@code n} network and {@code a} floppy,
         *     each at most once
         * @return this builder
         */
        public Builder boot(String value) {
            boot = value;
            return this;
        }

        /**
         * Replaces the set of features.
         *
         * @param value the features; the default is {@link HvmFeature#DEFAULTS}
         * @return this builder
         */
        public Builder features(Set<HvmFeature> value) {
            features = value;
            return this;
        }

        /**
         * Sets the Hyper-V interfaces.
         *
         * @param value the interfaces; none by default
         * @return this builder
         */
        public Builder viridian(Set<ViridianFeature> value) {
            viridian = value;
            return this;
        }

        /**
         * Sets the size of the hole below 4 GiB for devices.
         *
         * @param value whole MiB, 256 MiB … 3840 MiB
         * @return this builder
         */
        public Builder mmioHole(KiB value) {
            mmioHole = Optional.of(value);
            return this;
        }

        /**
         * Sets the serial ports.
         *
         * @param value QEMU's back end of each port: {@code pty} for a terminal of the host, {@code none}
         * @return this builder
         */
        public Builder serial(List<String> value) {
            serial = value;
            return this;
        }

        /**
         * Sets the devices on the emulated USB controller.
         *
         * @param value the devices; none by default
         * @return this builder
         */
        public Builder usbDevices(List<UsbDevice> value) {
            usbDevices = value;
            return this;
        }

        /**
         * Sets the graphics card and the display.
         *
         * @param value the display; the default is {@link GraphicsConfig#DEFAULT}
         * @return this builder
         */
        public Builder graphics(GraphicsConfig value) {
            graphics = value;
            return this;
        }

        /**
         * Sets the identity and the rarer parts of the machine.
         *
         * @param value the platform; the default is {@link PlatformConfig#DEFAULT}
         * @return this builder
         */
        public Builder platform(PlatformConfig value) {
            platform = value;
            return this;
        }

        /**
         * Sets the emulated controllers and the sound card.
         *
         * @param value the devices; the default is {@link PeripheralConfig#DEFAULT}
         * @return this builder
         */
        public Builder peripherals(PeripheralConfig value) {
            peripherals = value;
            return this;
        }

        /**
         * Makes the machine.
         *
         * @return the machine
         * @throws ConfigException if the values are not a valid machine
         */
        public HvmConfig build() {
            return new HvmConfig(
                    firmware, boot, features, viridian, mmioHole, serial, usbDevices, graphics, platform, peripherals);
        }
    }
}
