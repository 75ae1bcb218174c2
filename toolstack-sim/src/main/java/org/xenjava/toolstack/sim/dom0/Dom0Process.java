// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** One process in dom0 with Xen's libraries open on the simulated machine. It connects to xenstored at first use. */
final class Dom0Process implements XenLibraries {
    private final XenCall call;
    private final XenForeignMemory foreignMemory;
    private final XenEventChannels eventChannels;
    private final XenDeviceModel deviceModel;
    private final HostDevices hostDevices;
    private final Supplier<XenStore> xenstored;
    private @Nullable XenStore store;

    Dom0Process(
            XenCall call,
            XenForeignMemory foreignMemory,
            XenEventChannels eventChannels,
            XenDeviceModel deviceModel,
            Supplier<XenStore> xenstored,
            HostDevices hostDevices) {
        this.call = call;
        this.foreignMemory = foreignMemory;
        this.eventChannels = eventChannels;
        this.deviceModel = deviceModel;
        this.xenstored = xenstored;
        this.hostDevices = hostDevices;
    }

    @Override
    public XenCall call() {
        return call;
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return foreignMemory;
    }

    @Override
    public XenEventChannels eventChannels() {
        return eventChannels;
    }

    @Override
    public XenDeviceModel deviceModel() {
        return deviceModel;
    }

    @Override
    public synchronized XenStore store() {
        if (store == null) {
            try {
                store = xenstored.get();
            } catch (XenLibException e) {
                throw new XenAccessException(
                        "Cannot connect to the simulated xenstored (" + e.errno() + "): start it", e);
            }
        }
        return store;
    }

    @Override
    public HostDevices hostDevices() {
        return hostDevices;
    }

    @Override
    public synchronized void close() {
        hostDevices.close();
        if (store != null) {
            store.close();
        }
        deviceModel.close();
        eventChannels.close();
        foreignMemory.close();
        call.close();
    }
}
