// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/**
 * A Xen release series, such as 4.17.
 *
 * @param major the first number, 4
 * @param minor the second number
 */
public record XenRelease(int major, int minor) implements Comparable<XenRelease> {
    /** The oldest release that the library supports. */
    public static final XenRelease V4_14 = new XenRelease(4, 14);

    public static final XenRelease V4_17 = new XenRelease(4, 17);

    /** Decodes the result of the hypercall {@code xen_version(XENVER_version)}: {@code major << 16 | minor}. */
    public static XenRelease ofVersionCall(int result) {
        return new XenRelease(result >>> 16, result & 0xffff);
    }

    /** The next release: 4.18 for 4.17. */
    public XenRelease next() {
        return new XenRelease(major, minor + 1);
    }

    @Override
    public int compareTo(XenRelease other) {
        return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
