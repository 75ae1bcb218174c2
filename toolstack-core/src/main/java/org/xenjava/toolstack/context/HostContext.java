// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.time.Clock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.balancer.MemoryRequests;
import org.xenjava.toolstack.create.Arrivals;
import org.xenjava.toolstack.create.BuildJournal;
import org.xenjava.toolstack.create.DomainBuilder;
import org.xenjava.toolstack.create.DomainRemoval;
import org.xenjava.toolstack.create.SaveJournal;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.pci.PciHost;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.device.usb.UsbHost;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.operation.OperationGate;
import org.xenjava.toolstack.pod.DebtCover;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.room.RoomMaker;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * The services that a toolstack, its domains and its supervisors share.
 *
 * @param podPolicy the rule of the domains' builds
 * @param processes signs records in xenstore, and shows which other processes may be alive
 * @param builder builds domains
 * @param builds the journal of running builds
 * @param removal removes domains
 * @param saves the journal of running saves
 * @param arrivals guests that arrive from other hosts
 * @param rooms makes room for guests
 * @param requests asks the balancer of the host for memory
 * @param controlDomain the operating system of domain 0
 * @param loans lends pages to domains that are short of them
 * @param pci PCI devices that guests use
 * @param usb USB devices that guests use
 * @param userdata libxl's files of the domains
 * @param clock the time of day
 * @param random chooses UUIDs and MAC addresses
 * @param gate counts the running operations, and refuses new ones once the toolstack is closed
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
        SaveJournal saves,
        Arrivals arrivals,
        RoomMaker rooms,
        MemoryRequests requests,
        ControlDomain controlDomain,
        DebtCover loans,
        DeviceModels deviceModels,
        PvHost devices,
        PciHost pci,
        UsbHost usb,
        Userdata userdata,
        Clock clock,
        RandomGenerator random,
        OperationGate gate,
        DomainLocks locks) {

    /** Runs one operation that concerns no domain. The message of a failure begins with {@code attempt}. */
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

    /** Runs {@code work} with a result while no other thread of this toolstack changes that domain. Calls may nest. */
    public <T> T exclusively(int domid, Supplier<T> work) {
        return locks.exclusively(domid, work);
    }

    /**
     * {@return whether the domain's QEMU is known to have ended; a QEMU that is not visible, such as one in another
     * PID namespace, counts as running}
     */
    public boolean hasLostItsDevices(int domid) {
        return store.read(new DomainPaths(domid).deviceModelPid()).isPresent()
                && deviceModels.liveness(domid) == Liveness.DEAD;
    }
}
