// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/** Families of balloon drivers, which differ in how they compute the number of pages that they keep out of use. */
public enum BalloonFamily {
    /** No driver: an installer, a firmware shell, a memory test. */
    NONE,

    /** Linux up to 3.12: assumes all pages up to the highest, the hole below 4 GiB included. */
    LINUX_UP_TO_3_12,

    /** Linux 3.13 to 4.12: assumes the pages of the memory map, without those that firmware hides. */
    LINUX_3_13_TO_4_12,

    /** Linux 4.13.0: takes the first target for the guest's size, so that it frees nothing at boot. */
    LINUX_4_13,

    /** Linux 4.14 to 5.5: static-max less target; as 4.13 if there is no static-max (xend). */
    LINUX_4_14_TO_5_5,

    /** Linux since 5.6: static-max less target, whatever it sees; as 3.13 if there is no static-max. */
    LINUX,

    /** Windows PV drivers: static-max less video RAM less target; wait for ever for a missing static-max. */
    WINDOWS,

    /** Early Windows PV drivers, which did not subtract video RAM. */
    WINDOWS_EARLY,

    /** FreeBSD 9 to 14: all memory that the firmware reports less the target, but never below a minimum. */
    FREEBSD,

    /** NetBSD: the pages that Xen says the domain owns less the target, so it stays far from a PoD target. */
    NETBSD
}
