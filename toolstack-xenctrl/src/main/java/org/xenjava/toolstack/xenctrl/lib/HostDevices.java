// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * The devices of dom0's kernel for guests: loop devices, network interfaces, and the files below {@code /sys} by which
 * PCI devices get another driver. It stands beside Xen's libraries since it is the other half of what a back end needs,
 * and is simulated, recorded and made to fail with them. Every failure is a {@link XenLibException}.
 */
public interface HostDevices extends AutoCloseable {
    /**
     * {@return what is at that path, symbolic links followed}
     *
     * @param path the path of the file
     */
    HostFile file(String path);

    /**
     * A loop device that is free at this moment: {@code LOOP_CTL_GET_FREE}.
     *
     * @return N of {@code /dev/loopN}
     */
    int freeLoop();

    /**
     * Makes a block device of a file: {@code LOOP_CONFIGURE}. It stays until {@link #detachLoop}, or the next boot.
     *
     * @param loop N of {@code /dev/loopN}; EBUSY if it is not free
     * @param file the image; EROFS or EACCES if it cannot be opened as wanted
     * @param access read-only or read-write
     */
    void attachLoop(int loop, String file, LoopAccess access);

    /**
     * Takes the file from a loop device: {@code LOOP_CLR_FD}; nothing happens if it has none. If somebody has the
     * device open, as a back end may still for a moment, the kernel does it when the last one closes it.
     *
     * @param loop N of {@code /dev/loopN}
     */
    void detachLoop(int loop);

    /** {@return files of all loop devices that have one, by N; as the kernel names them, so absolute} */
    SortedMap<Integer, String> loops();

    /**
     * {@return whether there is a network interface of that name}
     *
     * @param link the name of the network interface
     */
    boolean linkExists(String link);

    /**
     * Adds an interface to a bridge: {@code SIOCBRADDIF}. Nothing happens if it is in it.
     *
     * @param bridge the name of the bridge
     * @param link the name of the network interface
     */
    void joinBridge(String bridge, String link);

    /**
     * Sets the largest payload in bytes: {@code SIOCSIFMTU}.
     *
     * @param link the name of the network interface
     * @param bytes the largest payload in bytes
     */
    void setMtu(String link, int bytes);

    /**
     * Sets the hardware address: {@code SIOCSIFHWADDR}. Six bytes in hexadecimal, colons between them.
     *
     * @param link the name of the network interface
     * @param address six bytes in hexadecimal with colons between them
     */
    void setHardwareAddress(String link, String address);

    /**
     * Lets an interface run: {@code SIOCSIFFLAGS}.
     *
     * @param link the name of the network interface
     */
    void bringUp(String link);

    /**
     * Names an interface anew, which must not run: {@code SIOCSIFNAME}.
     *
     * @param link the name of the network interface
     * @param newName the new name
     */
    void rename(String link, String newName);

    /**
     * {@return the text of a file below {@code /sys}, without the end of the line; empty if there is none}
     *
     * @param path the path below {@code /sys}
     */
    Optional<String> kernelAttribute(String path);

    /**
     * {@return the last name of the target of a symbolic link below {@code /sys}; empty if there is none}
     *
     * @param path the path below {@code /sys}
     */
    Optional<String> kernelLink(String path);

    /**
     * {@return the names in a directory below {@code /sys}; empty if there is none}
     *
     * @param path the path below {@code /sys}
     */
    List<String> kernelEntries(String path);

    /**
     * Writes a file below {@code /sys}, which must exist. ENOENT, ENODEV or EBUSY is the kernel's answer.
     *
     * @param path the path below {@code /sys}
     * @param text the text
     */
    void setKernelAttribute(String path, String text);

    @Override
    void close();
}
