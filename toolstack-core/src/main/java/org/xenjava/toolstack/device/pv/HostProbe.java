// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.device.QemuTrials;
import org.xenjava.toolstack.device.pci.PciKernel;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.plan.QemuAbilities;
import org.xenjava.toolstack.device.plan.QemuUser;
import org.xenjava.toolstack.device.usb.UsbKernel;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/** Answers a plan's questions about a host by calls to its kernel. */
public final class HostProbe implements HostInventory {
    private final XenHost host;
    private final String release;
    private final QemuTrials trials;
    private final Confinement confinement;
    private final HotplugPolicy hotplug;
    private final DomainNames names;

    /**
     * @param release the running Xen's release, such as {@code 4.17}
     * @param trials know how QEMU can be confined
     * @param confinement the host's policy for QEMU
     * @param hotplug whether hotplug scripts are run
     * @param store knows the domains by name
     */
    public HostProbe(
            XenHost host,
            String release,
            QemuTrials trials,
            Confinement confinement,
            HotplugPolicy hotplug,
            StoreClient store) {
        this.names = new DomainNames(store);
        this.host = host;
        this.release = release;
        this.trials = trials;
        this.confinement = confinement;
        this.hotplug = hotplug;
    }

    @Override
    public HostFile file(String path) {
        return kernel().file(path);
    }

    @Override
    public boolean isDirectory(String path) {
        return kernel().file(path) instanceof HostFile.Other;
    }

    @Override
    public Optional<String> loopFile(int loop) {
        return Optional.ofNullable(kernel().loops().get(loop));
    }

    @Override
    public OptionalInt domid(String nameOrNumber) {
        return names.domid(nameOrNumber);
    }

    @Override
    public boolean linkExists(String link) {
        return kernel().linkExists(link);
    }

    @Override
    public Optional<String> passthroughRefusal(PciPlan plan) {
        return new PciKernel(kernel()).refusal(plan);
    }

    @Override
    public Optional<String> usbRefusal(UsbAddress address) {
        return new UsbKernel(kernel()).refusal(address);
    }

    @Override
    public Optional<String> scriptRefusal(String path) {
        return hotplug == HotplugPolicy.RUN
                ? host.scripts().refusal(path)
                : Optional.of("hotplug scripts are not run; ToolstackOptions.hotplugScripts allows them");
    }

    @Override
    public String release() {
        return release;
    }

    @Override
    public Optional<String> runBootLoader(BootLoaderRun run, BooleanSupplier isCancelled) {
        return hotplug == HotplugPolicy.RUN
                ? host.scripts().run(run, isCancelled)
                : Optional.of("boot loaders are not run; ToolstackOptions.hotplugScripts allows them");
    }

    @Override
    public Path deviceModel(Optional<Path> override) {
        return host.deviceModels().program(override);
    }

    @Override
    public QemuAbilities abilities(Path program) {
        return trials.abilities(program);
    }

    @Override
    public Optional<String> vncPasswordRefusal(Path program) {
        return trials.vncPasswordRefusal(program);
    }

    @Override
    public Optional<QemuUser> user(String name, QemuUser.Kind kind) {
        return host.deviceModels().user(name).map(user -> new QemuUser(user.uid(), user.gid(), kind));
    }

    @Override
    public Confinement confinement() {
        return confinement;
    }

    @Override
    public Path loader(Optional<Path> named) {
        return host.firmware().loader(named, release);
    }

    @Override
    public Path bios(Bios kind, Optional<Path> named) {
        return host.firmware().bios(kind.word(), named, release);
    }

    private HostDevices kernel() {
        return host.libraries().hostDevices();
    }
}
