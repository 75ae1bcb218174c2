// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/** Drives the simulated QEMU of a domain from a test. */
public interface QemuHandle {
    /** {@return the state of its devices, which no two QEMUs share unless one was given that of the other} */
    String devices();

    /** {@return whether it runs; a stopped QEMU serves no request of the guest} */
    boolean isRunning();

    /** {@return whether it has the disks open for writing; one that emulates nothing opens a disk that has nodes in xenstore} */
    boolean hasDisksOpen();

    /**
     * {@return whether it has ever had the image of a paravirtual disk open for writing while another QEMU had, also one of a
     * partner machine}
     */
    boolean hasSharedAnImage();

    /** {@return whether it reports its writes to the guest's memory to Xen's log of written pages} */
    boolean logsWrites();

    /**
     * Lets QEMU refuse a command to its monitor: {@code xen-save-devices-state} as one with a device that cannot be saved,
     * {@code cont} as while another process holds the lock of a disk.
     *
     * @param command the command
     * @param times number of refusals
     */
    void refuse(String command, int times);

    /**
     * Lets QEMU write a number to the beginning of a page of the guest when it is told to stop, as it completes a disk's DMA
     * then.
     *
     * @param gfn the frame
     * @param number the number
     */
    void writeAtStop(long gfn, long number);

    /** Lets the guest sleep in ACPI's state S3. QEMU before 9.0 then ignores {@code stop} and {@code cont}. */
    void sleep();

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
