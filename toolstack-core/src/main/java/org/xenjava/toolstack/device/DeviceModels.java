// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.operation.Cancellation;

/** The device models of a host. Safe to use from many threads, each with domains of its own. */
public interface DeviceModels {
    /**
     * Starts the device model of a domain that is complete, known to xenstored and paused, and returns at once. If this
     * fails half-way, {@link #stop} undoes it.
     */
    void start(int domid, QemuPlan plan);

    /**
     * Waits until it serves the domain, which may be unpaused then.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     * @throws org.xenjava.toolstack.error.OperationTimeoutException if it is not ready in reasonable time
     */
    void awaitReady(int domid, QemuPlan plan, Cancellation cancellation);

    /**
     * Ends the domain's device model and removes what it and {@link #start} have put into xenstore elsewhere than in
     * the domain's own trees. Called before these trees are removed, since they tell its process, and also when the
     * process that started it is gone. Nothing happens if there is none, and for domains that never had one.
     */
    void stop(int domid);

    /**
     * Ends what serves domains that are gone and that this toolstack has started, in this process or an earlier one.
     *
     * @param domids asks for the domains that there are
     */
    void reapOrphans(Supplier<Set<Integer>> domids);

    /** The process that serves the domain now, whoever started it; empty if there is none. */
    Optional<QemuProcess> process(int domid);
}
