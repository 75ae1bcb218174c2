// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * The open libraries of one machine. Closing the set closes all of them.
 *
 * <p>The real machine is {@code JnaXen.open()}, a simulated one {@code SimulatedXen.connect()}, a recording {@code
 * Replay}; the code above uses them in the same way.
 */
public interface XenLibraries extends AutoCloseable {
    /** {@return libxencall: hypercalls} */
    XenCall call();

    /** {@return libxenforeignmemory: mappings of guests' pages} */
    XenForeignMemory foreignMemory();

    /** {@return libxenevtchn: event channels} */
    XenEventChannels eventChannels();

    /** {@return libxendevicemodel: operations of a device model} */
    XenDeviceModel deviceModel();

    /** {@return libxenstore: a connection to xenstored} */
    XenStore store();

    /** {@return dom0's kernel: loop devices and network interfaces} */
    HostDevices hostDevices();

    @Override
    void close();
}
