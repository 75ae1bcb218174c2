// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.time.Clock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.create.BuildJournal;
import org.xenjava.toolstack.create.DomainBuilder;
import org.xenjava.toolstack.create.DomainRemoval;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.operation.OperationGate;
import org.xenjava.toolstack.pod.DebtCover;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * What a toolstack, its domains and its supervisors share.
 *
 * @param podPolicy the rule that domains are built with
 * @param processes signs what is noted in xenstore, and tells which other processes may be alive
 * @param builder builds domains
 * @param builds notes of builds under way
 * @param removal takes domains away
 * @param loans lends pages to domains that are short of them
 * @param clock the time of day
 * @param random chooses UUIDs and MAC addresses
 * @param gate counts the operations under way, and refuses new ones once the toolstack is closed
 * @param locks one for each domain
 */
public record HostContext(
        Xenctrl xenctrl,
        StoreClient store,
        WatchHub events,
        PodPolicy podPolicy,
        ProcessIdentity processes,
        DomainBuilder builder,
        BuildJournal builds,
        DomainRemoval removal,
        DebtCover loans,
        DeviceModels deviceModels,
        PvHost devices,
        Clock clock,
        RandomGenerator random,
        OperationGate gate,
        DomainLocks locks) {

    /** Runs one operation that concerns no domain; {@code attempt} begins the message of a failure. */
    public <T> T attempting(String attempt, Supplier<T> work) {
        return XenFailures.translating(attempt, () -> gate.run(work));
    }

    /** Runs {@code work} while no other thread of this toolstack changes that domain. */
    public void exclusively(int domid, Runnable work) {
        exclusively(domid, () -> {
            work.run();
            return domid;
        });
    }

    /** The same, for work with a result. A thread may do so again inside of {@code work}. */
    public <T> T exclusively(int domid, Supplier<T> work) {
        return locks.exclusively(domid, work);
    }

    /**
     * {@return the domain's QEMU is known to have ended; one that cannot be seen from here, such as one in another PID
     * namespace, counts as running}
     */
    public boolean hasLostItsDevices(int domid) {
        return store.read(new DomainPaths(domid).deviceModelPid()).isPresent()
                && deviceModels.liveness(domid) == Liveness.DEAD;
    }
}
