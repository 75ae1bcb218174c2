// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Does to a simulated Xen what QEMU does to a real one: takes the guest's video RAM and a ROM, and reports in xenstore.
 * There is no process, and nothing to stop.
 */
public final class StandInDeviceModel implements DeviceModels {
    /** The option ROM of a graphics card: 64 KiB, as measured with both of libxl's cards. */
    public static final Pages ROM = Pages.of(16);

    private final Xenctrl xenctrl;
    private final StoreClient store;

    public StandInDeviceModel(Xenctrl xenctrl, StoreClient store) {
        this.xenctrl = xenctrl;
        this.store = store;
    }

    @Override
    public void start(int domid, QemuPlan plan) {
        populate(domid, plan.memory());
    }

    /** Video RAM and ROM lie behind the RAM, as QEMU numbers its blocks. */
    private void populate(int domid, MemoryPlan memory) {
        Pages videoRam = memory.shape().videoRam().toPages();
        if (videoRam.equals(Pages.ZERO)) {
            return;
        }
        long first = memory.layout().highMemEnd() >> Pages.SHIFT;
        long pages = videoRam.plus(ROM).count();
        long[] gfns = LongStream.range(first, first + pages).toArray();
        if (xenctrl.memory().populatePhysmap(domid, gfns, 0, 0) != pages) {
            throw new DeviceModelException(
                    "domain " + domid + ": there is no room for " + pages + " pages of its graphics card");
        }
    }

    @Override
    public void awaitReady(int domid, QemuPlan plan, Cancellation cancellation) {
        store.direct().write(new DomainPaths(domid).deviceModel() + "/state", "running");
    }

    @Override
    public void stop(int domid) {
        // What a recording of a real host has; there is no process, and the other node goes with the domain's trees.
        store.direct().remove(new DomainPaths(domid).deviceModelPid());
    }

    @Override
    public void reapOrphans(Supplier<Set<Integer>> domids) {
        // There are none.
    }

    @Override
    public Optional<QemuProcess> process(int domid) {
        return Optional.empty();
    }
}
