// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.create.DomainRemoval;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.operation.OperationGate;
import org.xenjava.toolstack.pod.DebtCover;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** What a {@link Toolstack} shares with its {@link Domain}s. */
record ToolstackContext(
        Xenctrl xenctrl,
        StoreClient store,
        WatchHub events,
        PodPolicy podPolicy,
        ProcessIdentity processes,
        DomainRemoval removal,
        DebtCover loans,
        DeviceModels deviceModels,
        PvHost devices,
        RandomGenerator random,
        OperationGate gate,
        DomainLocks locks) {

    ToolstackContext(
            Xenctrl xenctrl,
            StoreClient store,
            WatchHub events,
            PodPolicy podPolicy,
            ProcessIdentity processes,
            DomainRemoval removal,
            DebtCover loans,
            DeviceModels deviceModels,
            PvHost devices,
            RandomGenerator random,
            OperationGate gate) {
        this(
                xenctrl,
                store,
                events,
                podPolicy,
                processes,
                removal,
                loans,
                deviceModels,
                devices,
                random,
                gate,
                new DomainLocks(gate));
    }

    /** Runs one operation that concerns no domain; {@code attempt} begins the message of a failure. */
    <T> T attempting(String attempt, Supplier<T> work) {
        return XenFailures.translating(attempt, () -> gate.run(work));
    }

    /** Runs {@code work} while no other thread of this toolstack changes that domain. */
    void exclusively(int domid, Runnable work) {
        exclusively(domid, () -> {
            work.run();
            return domid;
        });
    }

    /** The same, for work with a result. A thread may do so again inside of {@code work}. */
    <T> T exclusively(int domid, Supplier<T> work) {
        return locks.exclusively(domid, work);
    }
}
