// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.PeripheralConfig.DiskBus;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/**
 * The plan of one disk.
 *
 * @param disk the configured disk
 * @param path the absolute path of the target; empty for an empty drive
 * @param target the file or device at the path
 * @param identity identity of the disk's blocks; empty for an empty drive
 * @param backend the server of the disk
 * @param emulated the emulated place of the disk until the guest loads paravirtual drivers, such as {@code ide 0};
 *     empty if it is not emulated
 * @param server number of the domain that serves the disk: 0, or a driver domain, which opens the target
 */
public record DiskPlan(
        DiskConfig disk,
        String path,
        HostFile target,
        Optional<DiskIdentity> identity,
        DiskBackend backend,
        Optional<String> emulated,
        int server) {

    /** A disk that dom0 serves. */
    public DiskPlan(
            DiskConfig disk,
            String path,
            HostFile target,
            Optional<DiskIdentity> identity,
            DiskBackend backend,
            Optional<String> emulated) {
        this(disk, path, target, identity, backend, emulated, 0);
    }

    /**
     * @param bus the machine's controller of the disks {@code hda} …
     * @throws ConfigException if nothing can serve the disk; the message names it
     */
    public static DiskPlan of(DiskConfig disk, DomainType guest, DiskBus bus, HostInventory host) {
        int server = BackendDomain.of(disk.backendDomain(), "disk " + disk.vdev(), host);
        if (server != 0) {
            return servedElsewhere(disk, server);
        }
        String path = DiskBackend.pathOf(disk);
        script(disk).ifPresent(script -> host.scriptRefusal(script).ifPresent(refusal -> {
            throw new ConfigException("disk " + disk.vdev() + ": script " + script + " is not run: " + refusal);
        }));
        HostFile target = disk.isEmptyDrive() || disk.script().isPresent() ? new HostFile.Absent() : host.file(path);
        DiskBackend backend = DiskBackend.of(disk, guest, target);
        Optional<DiskIdentity> identity =
                disk.isEmptyDrive() ? Optional.empty() : Optional.of(identity(disk, path, target, host));
        Optional<String> emulated = guest == DomainType.HVM
                ? disk.emulated(bus).map(controller -> place(disk, controller))
                : Optional.empty();
        return new DiskPlan(disk, path, target, identity, backend, emulated);
    }

    /** What is behind the target is not known here; the same target in the same domain means the same blocks. */
    private static DiskPlan servedElsewhere(DiskConfig disk, int server) {
        boolean raw =
                disk.format() == DiskConfig.Format.RAW && !disk.backend().equals(Optional.of(DiskConfig.Backend.QDISK));
        if (!raw || disk.isEmptyDrive() || disk.device() == DiskConfig.Device.CDROM) {
            throw new ConfigException("disk " + disk.vdev() + ": domain "
                    + disk.backendDomain().orElse("") + " can serve a raw disk only");
        }
        String target = disk.target().orElse("");
        return new DiskPlan(
                disk,
                target,
                new HostFile.Absent(),
                Optional.of(DiskIdentity.ofServer(server, target)),
                DiskBackend.BLKBACK,
                Optional.empty(),
                server);
    }

    private static Optional<String> script(DiskConfig disk) {
        return disk.script().map(HotplugCalls::pathOf);
    }

    /** The blocks behind the argument of a script are not known; the same argument of it means the same blocks. */
    private static DiskIdentity identity(DiskConfig disk, String path, HostFile target, HostInventory host) {
        return script(disk)
                .map(script -> new DiskIdentity("script " + script + " " + path))
                .orElseGet(() -> DiskIdentity.of(path, target, host));
    }

    /** Whether dom0 serves the disk. */
    public boolean isLocal() {
        return server == 0;
    }

    /** The path of the hotplug script that dom0 runs; empty if the toolstack itself provides the disk. */
    public Optional<String> script() {
        return isLocal() ? script(disk) : Optional.empty();
    }

    /** The path of the hotplug script in the nodes. */
    String scriptNode() {
        return script(disk).orElse(HotplugCalls.pathOf("block"));
    }

    /** {@return the same disk at the path of the block device that its script has made} */
    public DiskPlan at(String device) {
        return new DiskPlan(disk, device, target, identity, backend, emulated, server);
    }

    private static String place(DiskConfig disk, DiskConfig.Controller controller) {
        boolean cdrom = disk.device() == DiskConfig.Device.CDROM;
        String bus = cdrom ? "ide" : controller.name().toLowerCase(Locale.ROOT);
        return bus + " " + disk.vdev().disk() + (cdrom ? " (CD-ROM)" : "");
    }

    /** The device in a domain. */
    public PvDevice device(int domid) {
        return new PvDevice(PvDevice.DISK, backend.kind(), domid, disk.number(), server);
    }

    /** Whether an emulated CD-ROM drive of QEMU's stands for it. */
    boolean isEmulatedDrive() {
        return disk.device() == DiskConfig.Device.CDROM && emulated.isPresent();
    }

    /**
     * The nodes of the disk in xenstore.
     *
     * @param extra nodes of the back end that are known only after the host has provided for the disk
     */
    public DeviceNodes nodes(int domid, Map<String, String> extra) {
        return DiskNodes.of(device(domid), this, extra);
    }
}
