// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.device.view.AttachedChannel;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.device.view.XenbusState;

/** The tables of {@code xl block-list}, {@code network-list} and {@code channel-list}, column for column, and the same as JSON. */
final class DeviceTables {
    private static final String DISK_HEADER = String.format(
            "%-5s %-3s %-6s %-5s %-6s %-8s %-30s", "Vdev", "BE", "handle", "state", "evt-ch", "ring-ref", "BE-path");
    private static final String NIC_HEADER = String.format(
            "%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s",
            "Idx", "BE", "Mac Addr.", "handle", "state", "evt-ch", "tx-", "rx-ring-ref", "BE-path");

    private static final String CHANNEL_HEADER = String.format(
            "%-3s %-2s %-5s %-6s %8s %-10s %-30s", "Idx", "BE", "state", "evt-ch", "ring-ref", "connection", "");

    /** The domain of QEMU, which serves all channels. */
    private static final int BACKEND_DOMID = 0;

    /** The number that xl prints for a missing value. */
    private static final long NONE = -1;

    private DeviceTables() {}

    static List<String> diskLines(List<Domain> domains) {
        List<String> lines = new ArrayList<>(List.of(DISK_HEADER));
        domains.forEach(domain -> domain.devices().disks().forEach(disk -> lines.add(diskLine(domain.domid(), disk))));
        return lines;
    }

    static List<String> nicLines(List<Domain> domains) {
        List<String> lines = new ArrayList<>(List.of(NIC_HEADER));
        domains.forEach(domain -> domain.devices().nics().forEach(nic -> lines.add(nicLine(nic))));
        return lines;
    }

    static List<String> channelLines(List<Domain> domains) {
        List<String> lines = new ArrayList<>(List.of(CHANNEL_HEADER));
        domains.forEach(domain -> domain.devices().channels().forEach(channel -> lines.add(channelLine(channel))));
        return lines;
    }

    private static String channelLine(AttachedChannel channel) {
        return String.format(
                Locale.ROOT,
                "%-3d %-2d %-5d %-6d %-8d %-10s %-30s",
                channel.devid(),
                BACKEND_DOMID,
                channel.frontState().ordinal(),
                channel.eventChannel().orElse(NONE),
                channel.ringRef().orElse(NONE),
                channel.connection(),
                channel.path().orElse(""));
    }

    private static String diskLine(int domid, AttachedDisk disk) {
        return String.format(
                Locale.ROOT,
                "%-5d %-3d %-6d %-5d %-6d %-8d %-30s",
                disk.number(),
                disk.backendDomid(),
                domid,
                disk.frontState().ordinal(),
                disk.eventChannel().orElse(NONE),
                disk.ringRef().orElse(NONE),
                disk.backPath());
    }

    private static String nicLine(AttachedNic nic) {
        return String.format(
                Locale.ROOT,
                "%-3d %-2d %s%6d %5d %6d %5d/%-11d %-30s",
                nic.devid(),
                nic.backendDomid(),
                nic.mac(),
                nic.devid(),
                nic.frontState().ordinal(),
                nic.eventChannel().orElse(NONE),
                nic.txRingRef().orElse(NONE),
                nic.rxRingRef().orElse(NONE),
                nic.backPath());
    }

    /** A disk as JSON. */
    record DiskDocument(
            int domid,
            int number,
            String vdev,
            String backend,
            int backendDomid,
            String params,
            String mode,
            String deviceType,
            XenbusState frontState,
            XenbusState backState,
            Optional<String> problem) {}

    /** A network card as JSON. */
    record NicDocument(
            int domid,
            int devid,
            String mac,
            String bridge,
            String type,
            int backendDomid,
            XenbusState frontState,
            XenbusState backState,
            Optional<String> problem) {}

    /** A channel as JSON. */
    record ChannelDocument(
            int domid,
            int devid,
            String name,
            String connection,
            Optional<String> path,
            XenbusState frontState,
            XenbusState backState) {}

    static List<ChannelDocument> channelDocuments(List<Domain> domains) {
        return domains.stream()
                .flatMap(domain -> domain.devices().channels().stream()
                        .map(channel -> new ChannelDocument(
                                domain.domid(),
                                channel.devid(),
                                channel.name(),
                                channel.connection(),
                                channel.path(),
                                channel.frontState(),
                                channel.backState())))
                .toList();
    }

    static List<DiskDocument> diskDocuments(List<Domain> domains) {
        return domains.stream()
                .flatMap(domain -> domain.devices().disks().stream().map(disk -> document(domain.domid(), disk)))
                .toList();
    }

    static List<NicDocument> nicDocuments(List<Domain> domains) {
        return domains.stream()
                .flatMap(domain -> domain.devices().nics().stream().map(nic -> document(domain.domid(), nic)))
                .toList();
    }

    private static DiskDocument document(int domid, AttachedDisk disk) {
        return new DiskDocument(
                domid,
                disk.number(),
                disk.vdev(),
                disk.backend(),
                disk.backendDomid(),
                disk.params(),
                disk.mode(),
                disk.deviceType(),
                disk.frontState(),
                disk.backState(),
                disk.problem());
    }

    private static NicDocument document(int domid, AttachedNic nic) {
        return new NicDocument(
                domid,
                nic.devid(),
                nic.mac(),
                nic.bridge(),
                nic.type(),
                nic.backendDomid(),
                nic.frontState(),
                nic.backState(),
                nic.problem());
    }
}
