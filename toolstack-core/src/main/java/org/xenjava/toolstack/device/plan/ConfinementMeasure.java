// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

/** One way in which a QEMU has fewer rights than root. */
public enum ConfinementMeasure {
    /** Xen's interfaces serve only QEMU's own domain ({@code -xen-domid-restrict}); xenstore is closed. */
    XEN_RESTRICTION("restricted to its domain"),
    /** A user of its own, without capabilities. */
    OWN_USER("a user without capabilities"),
    /** An empty root directory. */
    EMPTY_ROOT("an empty root directory"),
    /** Namespaces of its own for mounts and System V IPC. */
    NAMESPACES("mount and IPC namespaces of its own"),
    /** A network namespace of its own, without interfaces. */
    NO_NETWORK("no network"),
    /** Limits for open files, and for processes where the user is its own; no core file, no locked memory. */
    LIMITS("resource limits"),
    /** It cannot gain rights by starting a program, and has few capabilities while it starts. */
    NO_NEW_PRIVILEGES("no new privileges");

    private final String words;

    ConfinementMeasure(String words) {
        this.words = words;
    }

    /** What the measure gives, for people. */
    public String words() {
        return words;
    }
}
