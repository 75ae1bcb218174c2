// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.Map;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/** Gives a domain a disk. */
final class DiskAttachment {
    private final HostDevices host;
    private final DeviceTree tree;
    private final BackendStates states;
    private final LoopDevices loops;

    DiskAttachment(HostDevices host, DeviceTree tree, BackendStates states, LoopDevices loops) {
        this.host = host;
        this.tree = tree;
        this.states = states;
        this.loops = loops;
    }

    DiskBackend backendOf(DiskConfig disk, DomainType guest) {
        return DiskBackend.of(disk, guest, target(disk));
    }

    private HostFile target(DiskConfig disk) {
        return disk.isEmptyDrive() ? new HostFile.Absent() : host.file(DiskBackend.pathOf(disk));
    }

    /** @param begun called once there may be something to detach */
    void attach(int domid, DomainType guest, DiskConfig disk, Runnable begun, Cancellation cancellation) {
        HostFile target = target(disk);
        String path = DiskBackend.pathOf(disk);
        DiskBackend served = DiskBackend.of(disk, guest, target);
        PvDevice device = new PvDevice(PvDevice.DISK, served.kind(), domid, disk.number());
        if (!disk.isEmptyDrive()) {
            tree.requireUnshared(device, path, disk.access().word());
        }
        if (served == DiskBackend.LOOP) {
            attachFile(device, disk, path, begun);
        } else if (target instanceof HostFile.BlockDevice block && served == DiskBackend.BLKBACK) {
            tree.create(DiskNodes.of(domid, disk, served, DiskNodes.physicalDevice(block, path)), begun);
        } else {
            tree.create(DiskNodes.of(domid, disk, served, Map.of()), begun);
        }
        // QEMU answers when it runs, which a build lets it do later.
        if (served != DiskBackend.QEMU) {
            states.awaitProbed(device, () -> true, cancellation);
        }
    }

    private void attachFile(PvDevice device, DiskConfig disk, String path, Runnable begun) {
        boolean[] noted = {false};
        String node = loops.attach(device, path, disk.access(), loop -> {
            Map<String, String> note = Map.of("node", loop);
            if (noted[0]) {
                tree.addToBack(device, note);
            } else {
                tree.create(DiskNodes.of(device.domid(), disk, DiskBackend.LOOP, note), begun);
                noted[0] = true;
            }
        });
        if (host.file(node) instanceof HostFile.BlockDevice loop) {
            tree.addToBack(device, DiskNodes.physicalDevice(loop, node));
        }
    }
}
