// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** All libraries on one tape. */
record ChannelLibraries(
        CallChannel tape,
        XenCall call,
        XenForeignMemory foreignMemory,
        XenEventChannels eventChannels,
        XenDeviceModel deviceModel,
        XenStore store,
        HostDevices hostDevices)
        implements XenLibraries {

    /** Decodes hypercalls as that Xen's; leaves their arguments raw if its layouts are not known. */
    static ChannelLibraries on(CallChannel tape, Optional<XenAbi> abi, Contents contents) {
        return new ChannelLibraries(
                tape,
                new ChannelXenCall(tape, abi),
                new ChannelForeignMemory(tape, contents),
                new ChannelEventChannels(tape),
                new ChannelDeviceModel(tape),
                new ChannelStore(tape),
                new ChannelHostDevices(tape));
    }

    @Override
    public boolean isSimulation() {
        return tape.isSimulation();
    }

    @Override
    public void close() {
        tape.close();
    }
}
