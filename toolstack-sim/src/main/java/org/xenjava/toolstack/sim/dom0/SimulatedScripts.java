// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.sim.fault.HotplugBehaviour;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** The hotplug scripts of a simulated domain. No program runs; the effects on xenstore and the kernel are the scripts'. */
final class SimulatedScripts implements HotplugScripts {
    private final String home;
    private final MachineEntry entry;
    private final StoreConnection store;
    private final HostKernel kernel;
    private final Map<String, HotplugBehaviour> scripts;
    private final List<String> calls = new ArrayList<>();

    /** @param domid the domain in which the scripts run */
    SimulatedScripts(
            MachineEntry entry,
            StoreConnection store,
            HostKernel kernel,
            Map<String, HotplugBehaviour> scripts,
            int domid) {
        this.home = XenStored.home(domid);
        this.entry = entry;
        this.store = store;
        this.kernel = kernel;
        this.scripts = new TreeMap<>(scripts);
    }

    /** The calls so far, each as script, arguments and path of the back end; the caller holds the machine's lock. */
    List<String> calls() {
        return List.copyOf(calls);
    }

    @Override
    public Optional<String> refusal(String path) {
        return scripts.containsKey(path) ? Optional.empty() : Optional.of("there is no file " + path);
    }

    @Override
    public Optional<String> run(HotplugScript script) {
        return entry.call("hotplug script", () -> execute(script));
    }

    @Override
    public Optional<String> run(BootLoaderRun run, BooleanSupplier isCancelled) {
        return entry.call("boot loader", () -> boot(run));
    }

    /** A simulated boot loader finds the kernel that is named by its disk's path with {@code .kernel} behind it. */
    private Optional<String> boot(BootLoaderRun run) {
        calls.add(run.program() + " " + String.join(" ", run.arguments()) + " " + run.disk());
        Path kernel = Path.of(run.disk() + ".kernel");
        if (!run.program().equals("pygrub")) {
            return Optional.of("there is no program " + run.program());
        }
        if (!Files.isRegularFile(kernel)) {
            return Optional.of("status 1: RuntimeError: Unable to find partition containing kernel");
        }
        try {
            Files.copy(kernel, run.directory().resolve(BootLoaderRun.KERNEL));
            Files.writeString(run.directory().resolve(BootLoaderRun.ARGUMENTS), "root=/dev/xvda1");
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Optional<String> execute(HotplugScript script) {
        String back = script.environment().getOrDefault("XENBUS_PATH", "");
        calls.add(script.path() + " " + String.join(" ", script.arguments()) + " " + back);
        return switch (scripts.getOrDefault(script.path(), HotplugBehaviour.FAILS)) {
            case WORKS -> {
                work(script, home + "/" + back);
                yield Optional.empty();
            }
            case DOES_NOTHING -> Optional.empty();
            case FAILS -> {
                write(home + "/" + back + "/hotplug-status", "error");
                write(home + "/" + back + "/hotplug-error", "the simulated script fails");
                yield Optional.of("status 1");
            }
            case HANGS ->
                Optional.of("the script did not end within " + script.limit().toSeconds() + " s");
        };
    }

    private void work(HotplugScript script, String back) {
        boolean disk = "vbd".equals(script.environment().get("XENBUS_TYPE"));
        if (disk && script.arguments().contains("add")) {
            String path = "/dev/script/" + back.replaceAll("\\D+", "-");
            HostFile.BlockDevice device = kernel.addDisk(path);
            write(back + "/physical-device", device.physicalDevice());
            write(back + "/physical-device-path", path);
            write(back + "/hotplug-status", "connected");
        } else if (script.arguments().contains("online")) {
            write(back + "/hotplug-status", "connected");
        }
    }

    private void write(String path, String value) {
        store.write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }
}
