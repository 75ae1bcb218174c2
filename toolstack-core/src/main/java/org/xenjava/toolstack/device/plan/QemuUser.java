// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

/**
 * The user that a confined QEMU runs as.
 *
 * @param uid the user's number; of a range, the number for domain 0
 * @param gid the group's number; of a range without a group, the number for domain 0
 * @param kind whether each domain has its own
 */
public record QemuUser(long uid, long gid, Kind kind) {
    /** Whom the user belongs to. */
    public enum Kind {
        /** One user for several domains: each of their QEMUs could signal the others. */
        SHARED,
        /** A user for each domain, with one group. */
        RANGE,
        /** A user and a group for each domain. */
        RANGE_WITH_GROUPS
    }

    /** libxl's name of the first user of a range, for domain 0. */
    public static final String RANGE_NAME = "xen-qemuuser-range-base";

    /** libxl's name of a user for all domains. */
    static final String SHARED_NAME = "xen-qemuuser-shared";

    /**
     * The first user of the range where the host has none of libxl's users. Neither Debian's policy nor systemd's table
     * gives these numbers to anybody, and they are above the ranges from which directory services choose.
     */
    public static final long FIRST_UID = 2_100_000_000L;

    /** The range that needs no entry in {@code /etc/passwd}. */
    static final QemuUser UNNAMED = new QemuUser(FIRST_UID, FIRST_UID, Kind.RANGE_WITH_GROUPS);

    /** The user's number for a domain. */
    public long uid(int domid) {
        return kind == Kind.SHARED ? uid : uid + domid;
    }

    /** The group's number for a domain. */
    public long gid(int domid) {
        return kind == Kind.RANGE_WITH_GROUPS ? gid + domid : gid;
    }
}
