// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** The kind of file at a path, as a disk's back end distinguishes them. */
public sealed interface HostFile {
    /** There is no file that this process can see. */
    record Absent() implements HostFile {}

    /**
     * A regular file. Two paths lead to the same file if both numbers are equal.
     *
     * @param device the file system's {@code st_dev}
     * @param inode the file's {@code st_ino}; 0 if it is not known
     */
    record Regular(long device, long inode) implements HostFile {}

    /**
     * A block device.
     *
     * @param major number of the driver
     * @param minor number of the device among the driver's
     */
    record BlockDevice(int major, int minor) implements HostFile {
        /** {@return xenstore's {@code physical-device}: both numbers in hexadecimal} */
        public String physicalDevice() {
            return Integer.toHexString(major) + ":" + Integer.toHexString(minor);
        }
    }

    /** A directory, a character device, or the like. */
    record Other() implements HostFile {}
}
