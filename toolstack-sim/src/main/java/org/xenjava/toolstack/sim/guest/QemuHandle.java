// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/** Drives the simulated QEMU of a domain from a test. */
public interface QemuHandle {
    /** {@return the state of its devices, which no two QEMUs share unless one was given that of the other} */
    String devices();

    /** {@return whether it runs; a stopped QEMU serves no request of the guest} */
    boolean isRunning();

    /** {@return whether it has the disks open for writing} */
    boolean hasDisksOpen();

    /** {@return whether it reports its writes to the guest's memory to Xen's log of written pages} */
    boolean logsWrites();

    /**
     * Lets QEMU refuse to save its devices, as one with a device that cannot be saved.
     *
     * @param times number of refusals
     */
    void refuseToSave(int times);

    /**
     * Lets QEMU refuse to continue, as while another process holds the lock of a disk.
     *
     * @param times number of refusals
     */
    void refuseToContinue(int times);

    /** Ends the process. */
    void end();

    /**
     * Writes a number to the beginning of a page of the guest, as a disk's DMA does. A stopped QEMU does not write.
     *
     * @param gfn the frame
     * @param number the number
     */
    void write(long gfn, long number);
}
