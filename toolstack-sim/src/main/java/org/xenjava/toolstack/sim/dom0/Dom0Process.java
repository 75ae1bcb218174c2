// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** One process in dom0 with Xen's libraries open on the simulated machine. */
record Dom0Process(
        XenCall call,
        XenForeignMemory foreignMemory,
        XenEventChannels eventChannels,
        XenDeviceModel deviceModel,
        XenStore store,
        HostDevices hostDevices)
        implements XenLibraries {

    @Override
    public void close() {
        hostDevices.close();
        store.close();
        deviceModel.close();
        eventChannels.close();
        foreignMemory.close();
        call.close();
    }
}
