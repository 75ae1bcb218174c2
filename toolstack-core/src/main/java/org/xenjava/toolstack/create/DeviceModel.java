// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.operation.Cancellation;

/**
 * What plays an HVM guest's devices: QEMU, in a process of its own. A build starts it when the domain is complete, is
 * known to xenstored and is still paused; nothing else in this package knows what it is. Safe to use from many threads,
 * each with domains of its own.
 */
public interface DeviceModel {
    /**
     * A domain that wants devices.
     *
     * @param domid its number; {@code /local/domain/0/device-model/N} exists and is empty
     * @param uuid its UUID
     * @param config what was asked for
     * @param memory how much RAM there is, and where. The video RAM is the device model's to populate: it is claimed
     *     from the host until the device model is ready. Below max_mem there is room for 272 pages more, of option ROMs
     *     for one, and of what hvmloader populates
     */
    record Guest(int domid, UUID uuid, DomainConfig config, MemoryPlan memory) {}

    /**
     * Refuses a guest that it cannot serve. Called before the first hypercall of a build.
     *
     * @throws ConfigException if the guest's configuration is the reason
     */
    void check(DomainConfig config);

    /** Starts it and returns at once. If this fails half-way, {@link #stop} is called. */
    void start(Guest guest);

    /**
     * Waits until it serves the domain, which may be unpaused then.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     * @throws OperationTimeoutException if it is not ready in reasonable time
     */
    void awaitReady(Guest guest, Cancellation cancellation);

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
}
