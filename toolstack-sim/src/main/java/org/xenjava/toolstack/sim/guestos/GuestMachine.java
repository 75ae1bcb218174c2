// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.sim.guest.GuestIdentity;

/**
 * A domain from the view of the software inside. An access to memory may crash the guest: the method then does not
 * return, and no code of the guest runs again.
 */
interface GuestMachine {
    /** The identity of the domain. */
    GuestIdentity identity();

    /** The RAM of the memory map that the toolstack gave to Xen, ascending; without the first MiB for HVM. */
    List<GfnRange> memoryMap();

    /** Schedules an action. */
    void after(Duration delay, Runnable action);

    /** The time that a vCPU needs for a time of work, which the cap of the domain makes longer. */
    Duration slowed(Duration work);

    /** Fills pages with bytes that are not zero; writes to holes have no effect. */
    void fill(GfnRange pages);

    /** Writes zeroes to pages, which populates them as any write does. */
    void clear(GfnRange pages);

    /** Writes a number to the beginning of a page; a write to a hole has no effect. */
    void writeNumber(long gfn, long number);

    /** Reads the number at the beginning of a page; 0 from a hole. */
    long readNumber(long gfn);

    /** Hypercall {@code XENMEM_decrease_reservation} of single pages; returns the number given back. */
    long decreaseReservation(List<Long> gfns);

    /** Hypercall {@code XENMEM_populate_physmap} of single pages; returns the number received. */
    long populatePhysmap(List<Long> gfns);

    /** The number of pages of the memory map that a PV guest starts without; its balloon has them. */
    long absentPages();

    /** Hypercall {@code XENMEM_current_reservation}: the number of pages that the domain owns. */
    long currentReservation();

    /** Hypercall {@code XENMEM_add_to_physmap}: moves a page of RAM. */
    void movePage(long from, long to);

    /** Hypercall {@code XENMEM_add_to_physmap}: maps the shared info page in place of a page of RAM. */
    void mapSharedInfo(long gfn);

    /** Reads a node below the domain's own; empty if it does not exist or the domain was not introduced. */
    Optional<String> read(String path);

    /** The names of a node's children; empty if the node does not exist. */
    List<String> list(String path);

    /** Writes a node below the domain's own; a refusal has no effect. */
    void write(String path, String value);

    /** Removes a node below the domain's own; a refusal has no effect. */
    void remove(String path);

    /** Calls an action soon, and again whenever the node below the domain's own changes. */
    void watch(String path, Runnable changed);

    /**
     * Calls an action within the request that changes the node: for drivers on which a toolstack waits while no virtual
     * time passes. While the domain is paused, the action waits.
     */
    void watchAtOnce(String path, Runnable changed);

    /** Repeats an action between any two requests of dom0 to xenstored, except while the domain does not run. */
    void betweenRequests(Runnable action);

    /** Hypercall {@code HVMOP_set_param} of {@code CALLBACK_IRQ}, the first of PV drivers: how events are delivered. */
    void receiveEvents();

    /** The number of vCPUs that the domain may have. */
    int vcpus();

    /** Whether the device model of an HVM guest has a vCPU. */
    boolean isPlugged(int vcpu);

    /** Hypercall {@code VCPUOP_up}, or the start of a vCPU by its local APIC. */
    void startVcpu(int vcpu);

    /** Hypercall {@code VCPUOP_down}. */
    void stopVcpu(int vcpu);

    /** Stops the guest, with a reason of {@code public/sched.h}: 0 power-off, 1 reboot, 2 suspend, 3 crash. */
    void shutDown(int reason);
}
