// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.sim.guest.GuestFactory;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * A machine with Xen on it, in memory. It decodes the bytes of hypercalls as the release it stands for does, and
 * keeps Xen's rules of memory: populate-on-demand with its cache, reclaim and death, claims, limits, and pages that
 * stay while somebody has them mapped. {@code docs/simulated-xen.md} says what it was compared with and what it
 * leaves out.
 *
 * <pre>{@code
 * SimulatedXen machine = SimulatedXen.builder()
 *         .guests(identity -> SimulatedGuest.with(BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(98)))
 *         .build();
 * try (XenLibraries libraries = machine.connect()) {
 *     ... build a domain and unpause it ...
 *     machine.advance(Duration.ofMinutes(1));
 *     machine.guest(domid).orElseThrow().load();
 *     System.out.print(machine.console());
 * }
 * }</pre>
 *
 * <p>A domain costs the host what it owns, its paging pool (256 pages at first), 20 pages, 10 for each vCPU and one
 * for each frame of its grant table.
 *
 * <p>Safe to use from many threads; {@link #connect} may be called as often as wanted, and every connection sees
 * the same machine. Nothing happens in guests until {@link #advance} lets time pass.
 */
public final class SimulatedXen {
    private final Machine machine;
    private final Hypercalls hypercalls;

    private SimulatedXen(Builder settings) {
        XenAbi abi = XenAbi.of(settings.release)
                .orElseThrow(() -> new IllegalArgumentException("no layouts for Xen " + settings.release));
        machine = new Machine(abi, settings);
        hypercalls = new Hypercalls(machine);
        StoreConnection dom0 = machine.store.connect(0);
        initialTree(dom0);
        new ConsoleDaemon(dom0).start();
        new BackendDrivers(dom0, machine.hostKernel).start();
    }

    /** What is in xenstore after the boot of a machine on which no guest has run. */
    private static void initialTree(StoreConnection store) {
        write(store, "/tool/xenstored", "");
        write(store, "/local/pool/0/name", "Pool-0");
        write(store, "/local/domain/0/domid", "0");
        write(store, "/local/domain/0/name", "Domain-0");
        store.setPermissions(
                XenStore.NO_TRANSACTION, "/local/domain", List.of(new XenStorePermission(0, XenStorePermission.READ)));
    }

    private static void write(StoreConnection store, String path, String value) {
        store.write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A machine as the builder's defaults describe it. */
    public static SimulatedXen create() {
        return builder().build();
    }

    /** Starts the description of a machine. */
    public static Builder builder() {
        return new Builder();
    }

    /** Opens Xen's libraries on this machine, as a process in dom0. */
    public XenLibraries connect() {
        return new Connection(machine, hypercalls);
    }

    /**
     * Lets time pass: what guests do in that time is done when this returns. Nothing happens in the machine
     * otherwise, except what is asked of it.
     */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("time does not run backwards: " + duration);
        }
        machine.lock.lock();
        try {
            machine.time.advance(duration);
        } finally {
            machine.lock.unlock();
        }
    }

    /** The machine's own time, which starts at the epoch and moves by {@link #advance} only. */
    public Clock clock() {
        return new VirtualClock(machine, ZoneOffset.UTC);
    }

    /** What runs in a domain; empty until it is unpaused for the first time, and after it was destroyed. */
    public Optional<GuestHandle> guest(int domid) {
        machine.lock.lock();
        try {
            return machine.guest(domid).map(guest -> new GuestHandle(machine, guest));
        } finally {
            machine.lock.unlock();
        }
    }

    /** Network interfaces of dom0 that back ends and device models have made, by name. */
    public SortedMap<String, HostLink> hostLinks() {
        machine.lock.lock();
        try {
            return machine.hostKernel.links();
        } finally {
            machine.lock.unlock();
        }
    }

    /** What Xen has printed on its console: at most the last 64 KiB. */
    public String console() {
        machine.lock.lock();
        try {
            return machine.console.text();
        } finally {
            machine.lock.unlock();
        }
    }

    /** What a simulated machine is like. The defaults are those of a 6 GiB machine with a 1.5 GiB dom0. */
    public static final class Builder {
        private XenRelease release = XenRelease.V4_17;
        private long hostPages = 1_572_731;
        private long dom0Pages = 393_216;
        private long xenPages = 16_683;
        private int largestEntryOrder = 9;
        private BooleanSupplier preemptionPending = () -> false;
        private GuestFactory guestFactory = identity -> SimulatedGuest.linux();

        private final List<String> blockDevices = new ArrayList<>();
        private final List<String> bridges = new ArrayList<>(List.of("xenbr0"));

        private Builder() {}

        /**
         * The Xen release whose interface and behaviour it has.
         *
         * @throws IllegalArgumentException from {@link #build} if the release is not described
         */
        public Builder release(XenRelease newRelease) {
            release = newRelease;
            return this;
        }

        /** All memory of the host, in pages. */
        public Builder hostPages(long pages) {
            hostPages = pages;
            return this;
        }

        /** What dom0 owns, in pages. */
        public Builder dom0Pages(long pages) {
            dom0Pages = pages;
            return this;
        }

        /** What Xen itself takes at boot, in pages. */
        public Builder xenPages(long pages) {
            xenPages = pages;
            return this;
        }

        /** The CPU has 1 GiB pages in hardware-assisted paging, not only 2 MiB ones. */
        public Builder gigabytePages() {
            largestEntryOrder = 18;
            return this;
        }

        /** The CPU has 4 KiB pages only. */
        public Builder smallPagesOnly() {
            largestEntryOrder = 0;
            return this;
        }

        /**
         * Asked during an emergency sweep for zero pages: whether the CPU is wanted elsewhere, so that the sweep may
         * give up (XSA-150). Never by default, the most forgiving behaviour.
         */
        public Builder preemptionPending(BooleanSupplier pending) {
            preemptionPending = pending;
            return this;
        }

        /** Chooses what runs in domains; {@link SimulatedGuest#linux} in all of them by default. */
        public Builder guests(GuestFactory factory) {
            guestFactory = factory;
            return this;
        }

        /** A block device of dom0's, such as {@code /dev/vg/web}. None by default; image files are those of this machine. */
        public Builder blockDevice(String path) {
            blockDevices.add(path);
            return this;
        }

        /** One more bridge of dom0's; {@code xenbr0} is always there. */
        public Builder bridge(String name) {
            bridges.add(name);
            return this;
        }

        public SimulatedXen build() {
            return new SimulatedXen(this);
        }

        long hostPages() {
            return hostPages;
        }

        long dom0Pages() {
            return dom0Pages;
        }

        long xenPages() {
            return xenPages;
        }

        int largestEntryOrder() {
            return largestEntryOrder;
        }

        List<String> blockDevices() {
            return blockDevices;
        }

        List<String> bridges() {
            return bridges;
        }

        GuestFactory guestFactory() {
            return guestFactory;
        }

        BooleanSupplier preemptionPending() {
            return preemptionPending;
        }
    }
}
