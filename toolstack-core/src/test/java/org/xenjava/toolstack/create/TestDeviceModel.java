// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.device.StandInDeviceModel;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** A QEMU without devices that is late, or does not get ready at all, and takes down what it was asked to do. */
final class TestDeviceModel implements DeviceModel {
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
    public void check(DomainConfig config) {
        events.add("check " + config.name());
    }

    @Override
    public void start(Guest guest) {
        events.add("start " + guest.domid());
        store.direct().write(new DomainPaths(guest.domid()).of("image/device-model-pid"), "4711");
    }

    @Override
    public void awaitReady(Guest guest, Cancellation cancellation) {
        events.add("await " + guest.domid());
        model.start(guest);
        beforeReady.run();
        model.awaitReady(guest, cancellation);
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
}
