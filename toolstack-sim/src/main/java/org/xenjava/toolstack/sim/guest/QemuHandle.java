// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/** Drives the simulated QEMU of a domain from a test. */
public interface QemuHandle {
    /** {@return the state of its devices, which no two QEMUs share unless one was given that of the other} */
    String devices();

    /** {@return whether it runs; a stopped QEMU serves no request of the guest} */
    boolean isRunning();

    /**
     * Lets QEMU refuse to save its devices, as one with a device that cannot be saved.
     *
     * @param times number of refusals
     */
    void refuseToSave(int times);
}
