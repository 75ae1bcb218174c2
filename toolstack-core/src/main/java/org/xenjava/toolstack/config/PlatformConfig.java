// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.collect.Sets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.error.ConfigException;

/**
 * The identity and the rarer parts of an HVM guest's machine.
 *
 * @param smbios texts of the SMBIOS tables, in place of hvmloader's; each kind once, except
 *     {@link SmbiosString.Kind#OEM}, of which there may be 99
 * @param generation the generation ID, by which Windows notices that it is a copy
 * @param machineChecks features of machine checks; the host's processor must have them
 * @param vendorDevice a PCI device for which Windows Update has drivers
 */
public record PlatformConfig(
        List<SmbiosString> smbios,
        GenerationId generation,
        Set<MachineCheckFeature> machineChecks,
        Optional<VendorDevice> vendorDevice) {
    /** xl's default: none of these. */
    public static final PlatformConfig DEFAULT =
            new PlatformConfig(List.of(), new GenerationId.None(), Set.of(), Optional.empty());

    /** The generation ID of a virtual machine, as Microsoft defines it: xl.cfg's {@code ms_vm_genid}. */
    public sealed interface GenerationId {
        /** No generation ID. */
        record None() implements GenerationId {}

        /** A new ID, chosen when the domain is created. */
        record Random() implements GenerationId {}

        /**
         * A given ID, which a rebuild keeps.
         *
         * @param id the 128 bits
         */
        record Fixed(UUID id) implements GenerationId {}
    }

    /** Features of machine checks: xl.cfg's {@code mca_caps}. */
    public enum MachineCheckFeature {
        /** Intel's local machine checks. */
        LMCE;

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** PCI devices of vendors of drivers. */
    public enum VendorDevice {
        /** XenServer's device. */
        XENSERVER;

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A text of the SMBIOS tables.
     *
     * @param kind its place
     * @param text one line, not empty
     */
    public record SmbiosString(Kind kind, String text) {
        /** Places of texts in the SMBIOS tables that hvmloader fills. */
        public enum Kind {
            /** Vendor of the BIOS. */
            BIOS_VENDOR,
            /** Version of the BIOS. */
            BIOS_VERSION,
            /** Manufacturer of the machine. */
            SYSTEM_MANUFACTURER,
            /** Name of the machine. */
            SYSTEM_PRODUCT_NAME,
            /** Version of the machine. */
            SYSTEM_VERSION,
            /** Serial number of the machine. */
            SYSTEM_SERIAL_NUMBER,
            /** Manufacturer of the main board. */
            BASEBOARD_MANUFACTURER,
            /** Name of the main board. */
            BASEBOARD_PRODUCT_NAME,
            /** Version of the main board. */
            BASEBOARD_VERSION,
            /** Serial number of the main board. */
            BASEBOARD_SERIAL_NUMBER,
            /** Asset tag of the main board. */
            BASEBOARD_ASSET_TAG,
            /** Place of the main board. */
            BASEBOARD_LOCATION_IN_CHASSIS,
            /** Manufacturer of the chassis. */
            ENCLOSURE_MANUFACTURER,
            /** Serial number of the chassis. */
            ENCLOSURE_SERIAL_NUMBER,
            /** Asset tag of the chassis. */
            ENCLOSURE_ASSET_TAG,
            /** Manufacturer of the battery. */
            BATTERY_MANUFACTURER,
            /** Name of the battery. */
            BATTERY_DEVICE_NAME,
            /** A text of the manufacturer's own; there may be several. */
            OEM;

            /** {@return the word of xl.cfg, such as {@code bios_vendor}} */
            public String word() {
                return name().toLowerCase(Locale.ROOT);
            }
        }

        /**
         * Checks the text.
         *
         * @param kind its place
         * @param text one line, not empty
         * @throws ConfigException if the text is empty or has control characters
         */
        public SmbiosString {
            DeviceRules.ofText("smbios " + kind.word(), text).ifPresent(complaint -> {
                throw new ConfigException(complaint);
            });
        }
    }

    /**
     * Copies the collections, so that the record is immutable, and checks the texts.
     *
     * @param smbios texts of the SMBIOS tables, in place of hvmloader's; each kind once, except
     *     {@link SmbiosString.Kind#OEM}, of which there may be 99
     * @param generation the generation ID, by which Windows notices that it is a copy
     * @param machineChecks features of machine checks; the host's processor must have them
     * @param vendorDevice a PCI device for which Windows Update has drivers
     * @throws ConfigException if a kind of SMBIOS text occurs too often
     */
    public PlatformConfig {
        smbios = List.copyOf(smbios);
        machineChecks = Sets.immutableEnumSet(machineChecks);
        new ProblemCollector().add(HvmRules.ofSmbios(smbios), "smbios").throwIfAny("");
    }

    /** The same platform, with a random generation ID decided. */
    PlatformConfig completed(RandomGenerator random) {
        return generation instanceof GenerationId.Random
                ? new PlatformConfig(
                        smbios,
                        new GenerationId.Fixed(new UUID(random.nextLong(), random.nextLong())),
                        machineChecks,
                        vendorDevice)
                : this;
    }
}
