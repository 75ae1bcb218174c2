// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.sim.guest.GuestIdentity;

/**
 * A simulated machine as the code inside sees it. Any access to memory may be the guest's last: then it does not
 * return, and the guest's code is not called again.
 */
interface GuestMachine {
    /** Which domain this is. */
    GuestIdentity identity();

    /** RAM as the memory map has it that the toolstack gave to Xen, ascending; of HVM without the first MiB. */
    List<GfnRange> memoryMap();

    /** Does something later. */
    void after(Duration delay, Runnable action);

    /** Writes something that is not zero to all of these pages; holes take it silently. */
    void fill(GfnRange pages);

    /** Writes zeroes to all of these pages, which populates them as any write does. */
    void clear(GfnRange pages);

    /** Hypercall {@code XENMEM_decrease_reservation} of single pages: how many were given back. */
    long decreaseReservation(List<Long> gfns);

    /** Hypercall {@code XENMEM_populate_physmap} of single pages: how many were received. */
    long populatePhysmap(List<Long> gfns);

    /** Hypercall {@code XENMEM_current_reservation}: pages that the domain owns. */
    long currentReservation();

    /** Hypercall {@code XENMEM_add_to_physmap}: moves a page of RAM. */
    void movePage(long from, long to);

    /** Hypercall {@code XENMEM_add_to_physmap} of the shared info page, in the place of a page of RAM. */
    void mapSharedInfo(long gfn);

    /** Reads a node below the domain's own; empty if there is none or xenstored does not know the domain. */
    Optional<String> read(String path);

    /** Names of the nodes below a node, which may be below the domain's own; empty if there is none. */
    List<String> list(String path);

    /** Writes a node below the domain's own; nothing happens if it may not. */
    void write(String path, String value);

    /** Calls soon, and again whenever the node below the domain's own changes. */
    void watch(String path, Runnable changed);

    /**
     * The same for drivers on which a toolstack waits: calls within the request that changes the node, since nobody
     * lets time pass then. While the domain is paused it waits like everything else.
     */
    void watchAtOnce(String path, Runnable changed);

    /** Hypercall {@code HVMOP_set_param} of {@code CALLBACK_IRQ}, which PV drivers do first: how events reach them. */
    void receiveEvents();

    /** Stops, with a reason of {@code public/sched.h}: 0 power-off, 1 reboot, 2 suspend, 3 crash. */
    void shutDown(int reason);
}
