// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * A set of open libraries: one machine to talk to. Closing closes them all.
 *
 * <p>The real machine is {@code JnaXen.open()}, a simulated one {@code SimulatedXen.connect()}, a recording
 * {@code Replay}; nothing above can tell them apart.
 */
public interface XenLibraries extends AutoCloseable {
    XenCall call();

    XenForeignMemory foreignMemory();

    XenEventChannels eventChannels();

    XenDeviceModel deviceModel();

    XenStore store();

    HostDevices hostDevices();

    @Override
    void close();
}
