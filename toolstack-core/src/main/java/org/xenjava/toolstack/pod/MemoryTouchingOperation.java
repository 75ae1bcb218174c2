// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/**
 * Operations that access memory which the guest may never have accessed, and so populate it. While entries lack
 * pages, each of them may crash the guest (XSA-153) without any load; {@code xl dump-core} of a guest that was 8
 * pages short did.
 */
public enum MemoryTouchingOperation {
    /** Every page is read and written to a file. */
    SAVE("saving"),
    /** Every page is read and sent to another host. */
    MIGRATE("migrating"),
    /** Every page is read, and the guest continues to run. */
    COREDUMP("dumping"),
    /** The toolstack maps memory of the guest at an address of its own choice. */
    MAP_MEMORY("mapping the memory of"),
    /** A monitor (vm_event) may map any page; the advisory leaves open whether it undoes the workaround. */
    ATTACH_MONITOR("attaching a monitor to");

    private final String gerund;

    MemoryTouchingOperation(String gerund) {
        this.gerund = gerund;
    }

    /** {@return the beginning of a message, such as {@code "saving"}} */
    public String gerund() {
        return gerund;
    }
}
