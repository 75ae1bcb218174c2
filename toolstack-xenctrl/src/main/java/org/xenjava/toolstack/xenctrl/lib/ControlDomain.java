// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.List;
import java.util.Optional;

/** The operating system of domain 0, as far as it decides how much memory guests can have. */
public interface ControlDomain {
    /** {@return the memory in bytes that domain 0's programs can still use without swapping} */
    long availableBytes();

    /** {@return the addresses of the PCI devices that domain 0's kernel has, such as {@code 0000:00:1f.2}} */
    List<String> pciDevices();

    /**
     * Reads a counter that domain 0's kernel keeps for a device.
     *
     * @param path path of the counter below {@code /sys}
     * @return its value; 0 if there is no such counter
     */
    long counter(String path);

    /**
     * Takes the lock that xl holds while it makes room for a guest and builds it. Locks of one process exclude each other
     * as well.
     *
     * @return the lock, which the caller closes; empty while another holds it
     */
    Optional<XlLock> tryLock();

    /** The lock while it is held. */
    @FunctionalInterface
    interface XlLock extends AutoCloseable {
        @Override
        void close();
    }
}
