// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import java.util.Optional;
import org.xenjava.toolstack.trace.format.Redaction;
import org.xenjava.toolstack.trace.format.RunContent;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** All libraries on one channel. */
public record ChannelLibraries(
        CallChannel channel,
        XenCall call,
        XenForeignMemory foreignMemory,
        XenEventChannels eventChannels,
        XenDeviceModel deviceModel,
        XenStore store,
        HostDevices hostDevices)
        implements XenLibraries {

    /**
     * Puts all libraries on a channel.
     *
     * @param abi layouts that hypercalls are decoded with; without them the arguments stay raw
     * @param contents form of written guest memory
     * @param redaction applied to xenstore values
     */
    public static ChannelLibraries on(
            CallChannel channel, Optional<XenAbi> abi, RunContent contents, Redaction redaction) {
        return new ChannelLibraries(
                channel,
                new ChannelXenCall(channel, abi),
                new ChannelForeignMemory(channel, contents),
                new ChannelEventChannels(channel),
                new ChannelDeviceModel(channel),
                new ChannelStore(channel, redaction),
                new ChannelHostDevices(channel));
    }

    @Override
    public void close() {
        channel.close();
    }
}
