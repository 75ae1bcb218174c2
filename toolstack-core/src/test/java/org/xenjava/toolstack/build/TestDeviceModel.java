// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.build;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.Pages;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** A QEMU without devices: it takes the memory that QEMU takes, and says in xenstore what QEMU says. */
final class TestDeviceModel implements DeviceModel {
    /** Option ROM of a graphics card, in pages. */
    static final long ROM_PAGES = 16;

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final List<String> events = new ArrayList<>();
    private Runnable beforeReady = () -> {};

    TestDeviceModel(XenLibraries process) {
        xenctrl = Xenctrl.open(process);
        store = new StoreClient(process.store());
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
        populate(guest.domid(), guest.memory());
        beforeReady.run();
        store.direct().write(new DomainPaths(guest.domid()).deviceModel() + "/state", "running");
    }

    /** Video RAM and ROM lie behind the RAM, as QEMU numbers its blocks. */
    private void populate(int domid, MemoryPlan memory) {
        long first = memory.layout().highMemEnd() >> Pages.SHIFT;
        long pages = memory.shape().videoRam().toPages().count() + ROM_PAGES;
        long[] gfns = LongStream.range(first, first + pages).toArray();
        if (xenctrl.populatePhysmap(domid, gfns, 0, 0) != pages) {
            throw new IllegalStateException("no room for " + pages + " pages of a device model");
        }
    }

    @Override
    public void stop(int domid) {
        boolean runs =
                store.read(new DomainPaths(domid).of("image/device-model-pid")).isPresent();
        events.add("stop " + domid + (runs ? "" : ", which has none"));
    }
}
