// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
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
 * Xen's libraries with faults: every call passes to the libraries below unless a {@link Fault} decides otherwise.
 * An instance stands for one process, which a fault may kill.
 *
 * <pre>{@code
 * SimulatedXen machine = SimulatedXen.create();
 * FaultInjection faults = FaultInjection.around(machine.connect());
 * try (Toolstack toolstack = Toolstack.options().open(machine.host(faults))) {
 *     faults.inject(Fault.nthOf("XENMEM_claim_pages", 1, Errno.ENOMEM));
 *     assertThrows(HostMemoryException.class, () -> toolstack.create(config));
 * }
 * }</pre>
 *
 * <p>All calls are counted except those that stay inside the process (closing a buffer, a mapping, a library) and the
 * wait for a watch, which a thread repeats. The numbers are the same in each run as long as one thread makes the calls.
 * The class is safe to use from many threads.
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
    private final List<FaultSite> injected = new ArrayList<>();
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
     * Wraps libraries. Without a fault, every call passes.
     *
     * @param below the libraries; closed with the result
     * @return the wrapped libraries
     */
    public static FaultInjection around(XenLibraries below) {
        return new FaultInjection(below);
    }

    /**
     * Wraps device models, so that faults can be injected at the commands to their monitors.
     *
     * @param deviceModels the device models of the machine below
     * @return the wrapped device models
     */
    public DeviceModelProcesses around(DeviceModelProcesses deviceModels) {
        return new FaultyDeviceModels(deviceModels, this);
    }

    // ---- faults -------------------------------------------------------------------------------------------

    /**
     * Adds a fault. The first fault with a verdict on a call decides; the faults after it do not see the call.
     *
     * @param fault asked about every call from now on, until {@link #heal}
     */
    public synchronized void inject(Fault fault) {
        faults.add(fault);
    }

    /** Removes all faults; a killed process stays dead. */
    public synchronized void heal() {
        faults.clear();
    }

    /** {@return the number of calls so far, failed ones included} */
    public synchronized long calls() {
        return calls;
    }

    /** {@return the calls with an injected fault, in order; the call at which the process was killed is the last} */
    public synchronized List<FaultSite> injected() {
        return List.copyOf(injected);
    }

    /** {@return whether a fault has killed the process} */
    public synchronized boolean isKilled() {
        return killedAt.isPresent();
    }

    // ---- calls --------------------------------------------------------------------------------------------

    /**
     * Makes a call, or injects a fault.
     *
     * @param incoming the call, without its number
     * @param passing makes the call below
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

    /** Makes a call and closes its result, which the caller never gets. */
    private static void forget(Supplier<?> passing) {
        try {
            Object result = passing.get();
            if (result instanceof MappedPages pages) {
                pages.close();
            } else if (result instanceof HypercallBuffer buffer) {
                buffer.close();
            }
        } catch (XenLibException e) {
            // The caller gets the injected failure instead.
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
            injected.add(numbered);
        }
        if (verdict instanceof Verdict.Kills) {
            killedAt = Optional.of(numbered);
            // The kernel ends mappings, event channels and the connection to xenstored with the process.
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

    /** Closes the libraries below; those of a killed process are closed already. */
    @Override
    public void close() {
        below.close();
    }
}
