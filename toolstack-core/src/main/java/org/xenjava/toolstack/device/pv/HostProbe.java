// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/** Answers a plan's questions about a host by asking its kernel. */
public final class HostProbe implements HostInventory {
    private final HostDevices host;
    private final Function<Optional<Path>, Path> deviceModel;

    /** @param deviceModel finds QEMU */
    public HostProbe(HostDevices host, Function<Optional<Path>, Path> deviceModel) {
        this.host = host;
        this.deviceModel = deviceModel;
    }

    @Override
    public HostFile file(String path) {
        return host.file(path);
    }

    @Override
    public Optional<String> loopFile(int loop) {
        return Optional.ofNullable(host.loops().get(loop));
    }

    @Override
    public boolean linkExists(String link) {
        return host.linkExists(link);
    }

    @Override
    public Path deviceModel(Optional<Path> override) {
        return deviceModel.apply(override);
    }
}
