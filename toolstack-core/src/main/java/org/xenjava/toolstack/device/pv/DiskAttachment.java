// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.xenjava.toolstack.device.plan.DeviceNodes;
import org.xenjava.toolstack.device.plan.DiskBackend;
import org.xenjava.toolstack.device.plan.DiskNodes;
import org.xenjava.toolstack.device.plan.DiskPlan;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/** Attaches a planned disk to a domain. */
final class DiskAttachment {
    private final HostDevices host;
    private final DeviceTree tree;
    private final BackendStates states;
    private final LoopDevices loops;
    private final SharedDisks shared;
    private final ScriptRuns scripts;

    DiskAttachment(
            HostDevices host,
            DeviceTree tree,
            BackendStates states,
            LoopDevices loops,
            SharedDisks shared,
            ScriptRuns scripts) {
        this.scripts = scripts;
        this.host = host;
        this.tree = tree;
        this.states = states;
        this.loops = loops;
        this.shared = shared;
    }

    /** @param begun called before the first effect that a detachment has to undo */
    void attach(int domid, DiskPlan disk, Runnable begun) {
        if (disk.backend() == DiskBackend.LOOP) {
            attachFile(domid, disk, begun);
        } else if (disk.target() instanceof HostFile.BlockDevice block && disk.backend() == DiskBackend.BLKBACK) {
            create(domid, disk, DiskNodes.physicalDevice(block, disk.path()), begun);
        } else {
            create(domid, disk, Map.of(), begun);
        }
    }

    /**
     * Writes the nodes of a disk that the kernel serves, and opens neither a file nor a block device: the back end waits
     * for {@link #open}.
     */
    void prepare(int domid, DiskPlan disk) {
        create(domid, disk, Map.of(), () -> {});
    }

    /** Writes the nodes of a disk that QEMU serves, but for the one that lets QEMU open the image: {@link #beginAll}. */
    void prepareOfQemu(int domid, DiskPlan disk) {
        tree.create(
                disk.nodes(domid, Map.of()).waiting(),
                transaction -> shared.claim(transaction, disk.device(domid), disk),
                () -> {});
    }

    /**
     * Checks that no back end has refused one of the disks of a domain, and lets QEMU open those that wait for it. The back ends of
     * other prepared disks open their block devices on their own, so that an error may come later.
     *
     * @throws org.xenjava.toolstack.error.DeviceException if a back end reports an error or has closed, or QEMU does not open a
     *     disk
     */
    void beginAll(List<PvDevice> disks) {
        List<PvDevice> waiting = new ArrayList<>();
        for (PvDevice disk : disks) {
            XenbusState state = states.requireAccepted(disk);
            if (disk.servedByQemu() && state == XenbusState.UNKNOWN) {
                waiting.add(disk);
            }
        }
        waiting.forEach(disk -> tree.add(disk, DeviceNodes.BEGIN));
        waiting.forEach(disk -> states.awaitProbed(disk, () -> true, new Cancellation()));
    }

    /** Waits until the back end of a disk that is prepared waits for its block device. */
    void awaitPrepared(int domid, DiskPlan disk, Cancellation cancellation) {
        states.awaitProbed(disk.device(domid), () -> true, cancellation);
    }

    /** Opens a disk that is prepared. Its script, if it has one, is run by {@link #await}. */
    void open(int domid, DiskPlan disk) {
        PvDevice device = disk.device(domid);
        if (disk.backend() == DiskBackend.LOOP) {
            attachFile(device, disk, loop -> tree.add(device, Map.of("node", loop)));
        } else if (disk.target() instanceof HostFile.BlockDevice block) {
            tree.addToBack(device, DiskNodes.physicalDevice(block, disk.path()));
        }
    }

    /**
     * Waits until the kernel's back end has accepted the disk, and runs the disk's script. The back end opens the block
     * device on its own, so an error may come later. A disk that QEMU serves is not waited for.
     */
    void await(int domid, DiskPlan disk, Cancellation cancellation) {
        if (disk.backend() != DiskBackend.QEMU) {
            states.awaitProbed(disk.device(domid), () -> true, cancellation);
        }
        disk.script().ifPresent(script -> scripts.attach(disk.device(domid), script, "physical-device"));
    }

    private void create(int domid, DiskPlan disk, Map<String, String> extra, Runnable begun) {
        tree.create(
                disk.nodes(domid, extra), transaction -> shared.claim(transaction, disk.device(domid), disk), begun);
    }

    private void attachFile(int domid, DiskPlan disk, Runnable begun) {
        PvDevice device = disk.device(domid);
        boolean[] noted = {false};
        attachFile(device, disk, loop -> {
            Map<String, String> note = Map.of("node", loop);
            if (noted[0]) {
                tree.addToBack(device, note);
            } else {
                create(domid, disk, note, begun);
                noted[0] = true;
            }
        });
    }

    private void attachFile(PvDevice device, DiskPlan disk, LoopDevices.Note note) {
        String node = loops.attach(device, disk.path(), disk.disk().access(), note);
        // A removal at the same moment has looked at the loop device before the file was attached.
        Undo.onFailure(() -> noteAttached(device, node), () -> loops.detach(device, node, disk.path()));
    }

    private void noteAttached(PvDevice device, String node) {
        if (host.file(node) instanceof HostFile.BlockDevice loop) {
            tree.addToBack(device, DiskNodes.physicalDevice(loop, node));
        }
    }
}
