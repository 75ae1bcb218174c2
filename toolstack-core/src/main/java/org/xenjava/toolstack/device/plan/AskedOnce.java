// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/** Asks a host about each file once and remembers the answer. Used by one thread. */
public final class AskedOnce implements HostInventory {
    private final HostInventory host;
    private final Map<String, HostFile> files = new HashMap<>();
    private final Map<Integer, Optional<String>> loops = new HashMap<>();

    public AskedOnce(HostInventory host) {
        this.host = host;
    }

    @Override
    public HostFile file(String path) {
        return files.computeIfAbsent(path, host::file);
    }

    @Override
    public boolean isDirectory(String path) {
        return host.isDirectory(path);
    }

    @Override
    public Optional<String> loopFile(int loop) {
        return loops.computeIfAbsent(loop, host::loopFile);
    }

    @Override
    public OptionalInt domid(String nameOrNumber) {
        return host.domid(nameOrNumber);
    }

    @Override
    public boolean linkExists(String link) {
        return host.linkExists(link);
    }

    @Override
    public Optional<String> passthroughRefusal(PciPlan plan) {
        return host.passthroughRefusal(plan);
    }

    @Override
    public Optional<String> usbRefusal(UsbAddress address) {
        return host.usbRefusal(address);
    }

    @Override
    public Optional<String> scriptRefusal(String path) {
        return host.scriptRefusal(path);
    }

    @Override
    public String release() {
        return host.release();
    }

    @Override
    public Optional<String> runBootLoader(BootLoaderRun run, BooleanSupplier isCancelled) {
        return host.runBootLoader(run, isCancelled);
    }

    @Override
    public Path deviceModel(Optional<Path> override) {
        return host.deviceModel(override);
    }

    @Override
    public QemuAbilities abilities(Path program) {
        return host.abilities(program);
    }

    @Override
    public Optional<String> vncPasswordRefusal(Path program) {
        return host.vncPasswordRefusal(program);
    }

    @Override
    public Optional<QemuUser> user(String name, QemuUser.Kind kind) {
        return host.user(name, kind);
    }

    @Override
    public Confinement confinement() {
        return host.confinement();
    }

    @Override
    public Path loader(Optional<Path> named) {
        return host.loader(named);
    }

    @Override
    public Path bios(Bios kind, Optional<Path> named) {
        return host.bios(kind, named);
    }
}
