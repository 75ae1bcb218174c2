// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.operation.Cancellation;

/**
 * What gives a guest its disks and network cards: the nodes in xenstore through which back and front end find each
 * other, and what the host has to provide behind them. A build attaches them while the domain is paused; nothing else
 * in this package knows how. Safe to use from many threads, each with domains of its own.
 */
public interface PvDevices {
    /**
     * A domain that wants devices; its tree exists, and xenstored knows it.
     *
     * @param domid its number
     * @param config what was asked for
     */
    record Guest(int domid, DomainConfig config) {}

    /**
     * Refuses a guest whose devices the host cannot serve. Called before the first hypercall of a build.
     *
     * @throws ConfigException if the guest's configuration is the reason
     */
    void check(DomainConfig config);

    /**
     * Whether some of the disks wait for a QEMU to serve them, as those of a PVH guest that are no plain bytes: the
     * build then starts the {@link DeviceModel} between disks and network cards. An HVM guest has one anyway.
     */
    boolean needsDeviceModel(DomainConfig config);

    /**
     * Attaches all disks, and waits for those that the kernel serves. Called before the device model starts, which
     * looks for those it is to serve. If this fails half-way, {@link #detachAll} is called.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     */
    void attachDisks(Guest guest, Cancellation cancellation);

    /**
     * Waits for the disks that the device model serves as paravirtual ones. Called when it is ready, for guests that
     * have no emulated ones to fall back on.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     */
    void awaitDeviceModelsDisks(Guest guest, Cancellation cancellation);

    /**
     * Attaches all network cards, and joins what the device model emulates to their bridges. Called when the device
     * model is ready. If this fails half-way, {@link #detachAll} is called.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     */
    void attachNics(Guest guest, Cancellation cancellation);

    /**
     * Takes all disks and network cards from the domain, whether or not it agrees, and gives back what the host has
     * provided for them. Works from what xenstore says, so also for a domain that another process has built, or begun
     * to. Called before the domain's trees are removed; nothing happens if there is nothing to detach.
     */
    void detachAll(int domid);
}
