// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.PlatformConfig;
import org.xenjava.toolstack.config.PlatformConfig.GenerationId;
import org.xenjava.toolstack.config.PlatformConfig.SmbiosString;
import org.xenjava.toolstack.image.HvmImagePlan;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;

/**
 * The nodes of an HVM guest beside those of every guest ({@link XenstoreTree}): the ones that hvmloader reads, and
 * the directory of the device model. Names, values and permissions are libxl 4.17's, as seen in dumps.
 */
final class HvmXenstoreNodes {
    private final DomainPaths paths;
    private final String vm;
    private final HvmConfig machine;
    private final Optional<HvmImagePlan> image;
    private final StorePermissions permissions;

    /** @param image the tables for hvmloader; empty for a guest that was saved, in which hvmloader has run */
    HvmXenstoreNodes(int domid, UUID uuid, HvmConfig machine, Optional<HvmImagePlan> image) {
        this.paths = new DomainPaths(domid);
        this.vm = DomainPaths.vm(uuid);
        this.machine = machine;
        this.image = image;
        this.permissions = new StorePermissions(domid);
    }

    void write(StoreTransaction transaction) {
        for (String node : List.of("control/feature-s3", "control/feature-s4")) {
            transaction.write(paths.of(node), "", permissions.guestOwns());
        }
        writeForHvmloader(transaction);
        transaction.write(vm + "/rtc/timeoffset", "");
        transaction.write(vm + "/image/ostype", "hvm");
        transaction.write(paths.deviceModel(), "", permissions.toolstackOnly());
    }

    private void writeForHvmloader(StoreTransaction transaction) {
        transaction.write(paths.of("hvmloader/bios"), machine.firmware().bios().word());
        // QEMU does not track RAM that hvmloader moves to make room for large devices.
        transaction.write(paths.of("hvmloader/allow-memory-relocate"), "0");
        writeTables(transaction, "acpi", image.flatMap(HvmImagePlan::acpiTables));
        writeTables(transaction, "smbios", image.flatMap(HvmImagePlan::smbiosTables));
        for (HvmFeature feature :
                List.of(HvmFeature.ACPI, HvmFeature.ACPI_S3, HvmFeature.ACPI_S4, HvmFeature.ACPI_LAPTOP_SLATE)) {
            transaction.write(paths.of("platform/" + feature.word()), machine.has(feature) ? "1" : "0");
        }
        machine.mmioHole()
                .ifPresent(hole ->
                        transaction.write(paths.of("platform/mmio_hole_size"), Long.toString(hole.value() * 1024)));
        transaction.write(paths.of("platform/device-model"), "qemu_xen");
        if (!machine.has(HvmFeature.XEN_PLATFORM_PCI_BAR_UC)) {
            transaction.write(paths.of("hvmloader/pci/xen-platform-pci-bar-uc"), "0");
        }
        writePlatform(transaction, machine.platform());
    }

    private void writePlatform(StoreTransaction transaction, PlatformConfig platform) {
        if (platform.generation() instanceof GenerationId.Fixed generation) {
            transaction.write(paths.of("platform/generation-id"), words(generation.id()));
        }
        int oem = 0;
        for (SmbiosString text : platform.smbios()) {
            String name = text.kind().word().replace('_', '-');
            if (text.kind() == SmbiosString.Kind.OEM) {
                oem++;
                name += "-" + oem;
            }
            transaction.write(paths.of("bios-strings/" + name), text.text());
        }
    }

    /** The two numbers that libxl writes: the ID's bytes in their order, as little-endian words. */
    private static String words(UUID id) {
        return Long.toUnsignedString(Long.reverseBytes(id.getMostSignificantBits())) + ":"
                + Long.toUnsignedString(Long.reverseBytes(id.getLeastSignificantBits()));
    }

    private void writeTables(StoreTransaction transaction, String kind, Optional<ImagePlan.Item> tables) {
        tables.ifPresent(item -> {
            String directory = paths.of("hvmloader/" + kind);
            transaction.write(directory + "/address", "0x" + Long.toHexString(item.address()));
            transaction.write(directory + "/length", "0x" + Long.toHexString(item.bytes()));
        });
    }
}
