// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.device.StandInDeviceModel;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** A QEMU without devices that is late, or does not get ready at all, and takes down what it was asked to do. */
final class TestDeviceModel implements DeviceModels {
    private final StoreClient store;
    private final StandInDeviceModel model;
    private final List<String> events = new ArrayList<>();
    private Runnable beforeReady = () -> {};

    TestDeviceModel(XenLibraries process) {
        store = new StoreClient(process.store());
        model = new StandInDeviceModel(Xenctrl.open(process), store);
    }

    /** What it was asked to do, such as {@code start 1}. */
    List<String> events() {
        return List.copyOf(events);
    }

    /** Something that happens, or goes wrong, while it starts up. */
    void beforeReady(Runnable what) {
        beforeReady = what;
    }

    @Override
    public void start(int domid, QemuPlan plan) {
        events.add("start " + domid);
        store.direct().write(new DomainPaths(domid).of("image/device-model-pid"), "4711");
    }

    @Override
    public void awaitReady(int domid, QemuPlan plan, Cancellation cancellation) {
        events.add("await " + domid);
        model.start(domid, plan);
        beforeReady.run();
        model.awaitReady(domid, plan, cancellation);
    }

    @Override
    public void stop(int domid) {
        boolean runs =
                store.read(new DomainPaths(domid).of("image/device-model-pid")).isPresent();
        events.add("stop " + domid + (runs ? "" : ", which has none"));
    }

    @Override
    public void reapOrphans(Supplier<Set<Integer>> domids) {
        events.add("reap");
    }

    @Override
    public Optional<QemuProcess> process(int domid) {
        return Optional.empty();
    }
}
