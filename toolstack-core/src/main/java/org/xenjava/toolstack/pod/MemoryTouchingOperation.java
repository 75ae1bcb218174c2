// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/**
 * What touches memory that the guest itself may never have touched, and so populates it. Where entries lack pages,
 * each of these may kill the guest (XSA-153), whatever its load: {@code xl dump-core} of one that was 8 pages short
 * was seen to do it.
 */
public enum MemoryTouchingOperation {
    /** Every page is read and written to a file. */
    SAVE("saving"),
    /** Every page is read and sent to another host. */
    MIGRATE("migrating"),
    /** Every page is read; the guest is meant to live on. */
    COREDUMP("dumping"),
    /** The toolstack maps memory of the guest that the guest has not named to it. */
    MAP_MEMORY("mapping the memory of"),
    /** A monitor (vm_event) may map any page; the advisory leaves open whether it undoes the workaround. */
    ATTACH_MONITOR("attaching a monitor to");

    private final String gerund;

    MemoryTouchingOperation(String gerund) {
        this.gerund = gerund;
    }

    /** {@return what is being done, as a message begins: {@code "saving"}} */
    public String gerund() {
        return gerund;
    }
}
