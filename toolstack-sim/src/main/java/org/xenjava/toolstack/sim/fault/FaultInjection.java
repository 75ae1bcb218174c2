// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/**
 * Xen's libraries, with faults: all calls go through to the libraries below unless a {@link Fault} says otherwise.
 * One instance stands for one process, which a fault may kill.
 *
 * <pre>{@code
 * FaultInjection faults = FaultInjection.around(SimulatedXen.create().connect());
 * try (Toolstack toolstack = Toolstack.options().open(faults)) {
 *     faults.inject(Fault.nthOf("XENMEM_claim_pages", 1, Errno.ENOMEM));
 *     assertThrows(HostMemoryException.class, () -> toolstack.create(config));
 * }
 * }</pre>
 *
 * <p>All calls count, except those that a process makes to itself (closing a buffer, a mapping, a library) and the
 * waiting for a watch, which is done over and over. So the numbers are the same each time as long as one thread calls;
 * safe to use from many.
 */
public final class FaultInjection implements XenLibraries {
    private final XenLibraries below;
    private final FaultyCall call;
    private final XenForeignMemory foreignMemory;
    private final XenEventChannels eventChannels;
    private final XenDeviceModel deviceModel;
    private final XenStore store;
    private final HostDevices hostDevices;

    // All of these are guarded by this.
    private final List<Fault> faults = new ArrayList<>();
    private final List<FaultSite> struck = new ArrayList<>();
    private long calls;
    private Optional<FaultSite> killedAt = Optional.empty();

    private FaultInjection(XenLibraries below) {
        this.below = below;
        call = new FaultyCall(below.call(), this);
        foreignMemory = FaultyLibrary.of(XenForeignMemory.class, "xenforeignmemory_", below.foreignMemory(), this);
        eventChannels = FaultyLibrary.of(XenEventChannels.class, "xenevtchn_", below.eventChannels(), this);
        deviceModel = FaultyLibrary.of(XenDeviceModel.class, "xendevicemodel_", below.deviceModel(), this);
        store = FaultyLibrary.of(XenStore.class, "xs_", below.store(), this);
        hostDevices = FaultyLibrary.of(HostDevices.class, "host_", below.hostDevices(), this);
    }

    /**
     * Stands before these libraries, and lets everything through at first.
     *
     * @param below the libraries; closed with this
     */
    public static FaultInjection around(XenLibraries below) {
        return new FaultInjection(below);
    }

    // ---- what is to happen --------------------------------------------------------------------------------

    /** Adds a fault. The first of several that strikes a call decides; those after it do not see the call. */
    public synchronized void inject(Fault fault) {
        faults.add(fault);
    }

    /** Takes all faults away; a killed process stays dead. */
    public synchronized void heal() {
        faults.clear();
    }

    /** How many calls have come so far, those that failed included. */
    public synchronized long calls() {
        return calls;
    }

    /** The calls that a fault has struck, in their order; the call at which the process was killed is the last. */
    public synchronized List<FaultSite> struck() {
        return List.copyOf(struck);
    }

    /** Whether a fault has killed the process. */
    public synchronized boolean isKilled() {
        return killedAt.isPresent();
    }

    // ---- the way of each call -----------------------------------------------------------------------------

    /**
     * Lets a call through, or not.
     *
     * @param incoming the call, its number to be given yet
     * @param passing does the call below
     */
    <T extends @Nullable Object> T cross(FaultSite incoming, Supplier<T> passing) {
        Verdict verdict = judge(incoming);
        if (verdict instanceof Verdict.Fails fails) {
            throw new XenLibException(incoming.name(), fails.errno());
        }
        if (verdict instanceof Verdict.LosesAnswer loses) {
            forget(passing);
            throw new XenLibException(incoming.name(), loses.errno());
        }
        return passing.get();
    }

    /** What the caller never hears of, he cannot close. */
    private static void forget(Supplier<?> passing) {
        try {
            Object result = passing.get();
            if (result instanceof MappedPages pages) {
                pages.close();
            } else if (result instanceof HypercallBuffer buffer) {
                buffer.close();
            }
        } catch (XenLibException e) {
            // Nor does he hear of this.
        }
    }

    private synchronized Verdict judge(FaultSite incoming) {
        requireAlive();
        FaultSite numbered = incoming.numbered(incoming.counts() ? ++calls : calls);
        Verdict verdict = faults.stream()
                .map(fault -> fault.judge(numbered))
                .filter(answer -> !(answer instanceof Verdict.Passes))
                .findFirst()
                .orElseGet(Verdict.Passes::new);
        if (!(verdict instanceof Verdict.Passes)) {
            struck.add(numbered);
        }
        if (verdict instanceof Verdict.Kills) {
            killedAt = Optional.of(numbered);
            // As the kernel does: mappings, event channels and the connection to xenstored end with the process.
            below.close();
            requireAlive();
        }
        return verdict;
    }

    private void requireAlive() {
        killedAt.ifPresent(at -> {
            throw new ProcessKilled(at);
        });
    }

    // ---- the libraries ------------------------------------------------------------------------------------

    @Override
    public XenCall call() {
        return call;
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return foreignMemory;
    }

    @Override
    public XenEventChannels eventChannels() {
        return eventChannels;
    }

    @Override
    public XenDeviceModel deviceModel() {
        return deviceModel;
    }

    @Override
    public XenStore store() {
        return store;
    }

    @Override
    public HostDevices hostDevices() {
        return hostDevices;
    }

    @Override
    public boolean isSimulation() {
        return below.isSimulation();
    }

    /** Closes the libraries below; of a killed process they are closed already. */
    @Override
    public void close() {
        below.close();
    }
}
