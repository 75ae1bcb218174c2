// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.lang.reflect.Proxy;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** One process in a driver domain: it has xenstore and its kernel, and no hypercalls on other domains. */
record DriverDomainProcess(XenStore store, HostDevices hostDevices) implements XenLibraries {
    @Override
    public XenCall call() {
        return refusing(XenCall.class);
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return refusing(XenForeignMemory.class);
    }

    @Override
    public XenEventChannels eventChannels() {
        return refusing(XenEventChannels.class);
    }

    @Override
    public XenDeviceModel deviceModel() {
        return refusing(XenDeviceModel.class);
    }

    private static <T> T refusing(Class<T> library) {
        return library.cast(Proxy.newProxyInstance(
                library.getClassLoader(), new Class<?>[] {library}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        return null;
                    }
                    throw new XenLibException(library.getSimpleName() + "." + method.getName(), Errno.EPERM);
                }));
    }

    @Override
    public void close() {
        hostDevices.close();
        store.close();
    }
}
