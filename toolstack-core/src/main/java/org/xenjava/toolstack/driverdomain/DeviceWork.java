// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.commons.lang3.StringUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.device.plan.HotplugCalls;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.pv.LocalBackEnds;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;

/** Connects and disconnects one device at a time. Each method can be repeated after a failure. */
final class DeviceWork {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceWork.class);
    private static final int LONGEST_PROBLEM = 300;
    private static final Duration POLL = Duration.ofMillis(50);
    private static final String PARAMS = "params";
    private static final String NODE = "node";
    private static final String HOTPLUG_STATUS = "hotplug-status";

    private final BackEndTree tree;
    private final ServedRecords records;
    private final LocalBackEnds local;
    private final HostDevices kernel;
    private final HotplugScripts scripts;
    private final HotplugPolicy policy;
    private final Duration limit;

    /** @param limit the longest time to wait for an interface of the kernel */
    DeviceWork(
            BackEndTree tree,
            ServedRecords records,
            LocalBackEnds local,
            HostDevices kernel,
            HotplugScripts scripts,
            HotplugPolicy policy,
            Duration limit) {
        this.tree = tree;
        this.records = records;
        this.local = local;
        this.kernel = kernel;
        this.scripts = scripts;
        this.policy = policy;
        this.limit = limit;
    }

    /**
     * Connects a device whose back end waits for it.
     *
     * @return what it was connected by or to, for a person
     * @throws DeviceException if that is not possible; nothing is left of the attempt
     */
    String connect(PvDevice device) {
        // Of an attempt that was interrupted, or of an earlier device with the same number.
        release(device);
        try {
            return connectTo(device, tree.parameters(device));
        } catch (DeviceException e) {
            release(device);
            throw e;
        }
    }

    private String connectTo(PvDevice device, Map<String, String> nodes) {
        String script = nodes.getOrDefault("script", "");
        if (!HotplugCalls.isBuiltIn(script)) {
            records.put(device, nodes);
            run(device, script, nodes);
            return script;
        }
        return device.kind().equals(PvDevice.DISK) ? open(device, nodes) : join(device, nodes);
    }

    private String open(PvDevice device, Map<String, String> nodes) {
        String path = absolute(nodes.getOrDefault(PARAMS, ""));
        if (path.isEmpty()) {
            throw new DeviceException("attaching " + device + ": its nodes name no file or block device");
        }
        Map<String, String> noted = new LinkedHashMap<>(nodes);
        noted.put(PARAMS, path);
        noted.remove(NODE);
        records.claim(device, noted, local.identity(device, path));
        Access access = "w".equals(nodes.get("mode")) ? Access.READ_WRITE : Access.READ_ONLY;
        add(device, local.open(device, path, access, loop -> note(device, loop)));
        return path;
    }

    private void note(PvDevice device, String loop) {
        Map<String, String> noted = new LinkedHashMap<>(records.of(device).orElse(Map.of()));
        noted.put(NODE, loop);
        records.put(device, noted);
    }

    /** As Xen's script {@code block} reads a target. */
    private static String absolute(String path) {
        return path.isEmpty() || path.startsWith("/") ? path : "/dev/" + path;
    }

    private String join(PvDevice device, Map<String, String> nodes) {
        awaitLink(device, nodes);
        records.put(device, nodes);
        String bridge = nodes.getOrDefault("bridge", "");
        local.connect(
                device,
                new LocalBackEnds.Card(
                        Optional.ofNullable(nodes.get("vifname")), bridge, number(nodes.getOrDefault("mtu", ""))));
        add(device, Map.of(HOTPLUG_STATUS, "connected"));
        return bridge;
    }

    private static OptionalInt number(String text) {
        return text.matches("\\d{2,5}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    /** netback announces that it waits before it makes the interface. */
    private void awaitLink(PvDevice device, Map<String, String> nodes) {
        String link = LocalBackEnds.link(device);
        long deadline = System.nanoTime() + limit.toNanos();
        while (!kernel.linkExists(link)
                && !Optional.ofNullable(nodes.get("vifname"))
                        .filter(kernel::linkExists)
                        .isPresent()) {
            if (System.nanoTime() >= deadline) {
                throw new DeviceException("attaching " + device + ": the kernel has not made the interface " + link
                        + " within " + limit.toSeconds() + " s");
            }
            pause(device);
        }
    }

    private static void pause(PvDevice device) {
        try {
            Thread.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("attaching " + device + " was interrupted", e);
        }
    }

    private void run(PvDevice device, String script, Map<String, String> nodes) {
        String attempt = "attaching " + device + ": " + script;
        refusal(script).ifPresent(reason -> {
            throw new DeviceException("attaching " + device + ": " + reason);
        });
        for (HotplugScript call : HotplugCalls.attaching(device, script, nodes)) {
            Optional<String> failure = scripts.run(call);
            Optional<String> reported = tree.read(device, "hotplug-error");
            if (failure.isPresent() || reported.isPresent()) {
                throw new DeviceException(attempt + " " + String.join(" ", call.arguments()) + ": "
                        + reported.or(() -> failure).orElse(""));
            }
        }
        String proof = device.kind().equals(PvDevice.DISK) ? "physical-device" : HOTPLUG_STATUS;
        if (tree.read(device, proof).filter(value -> !value.isEmpty()).isEmpty()) {
            throw new DeviceException(attempt + " ended with status 0, but has not written " + proof
                    + ", without which the back end does not connect");
        }
        add(device, Map.of(HOTPLUG_STATUS, "connected"));
    }

    private Optional<String> refusal(String script) {
        if (policy != HotplugPolicy.RUN) {
            return Optional.of("hotplug scripts are not run: " + script);
        }
        return script.startsWith("/") ? scripts.refusal(script) : Optional.of(script + " is no absolute path");
    }

    private void add(PvDevice device, Map<String, String> nodes) {
        if (!tree.add(device, nodes)) {
            throw new DeviceException("attaching " + device + ": the toolstack has removed the device");
        }
    }

    /** Records a device that an earlier server has connected. Nothing is run. */
    void adopt(PvDevice device) {
        Map<String, String> nodes = new LinkedHashMap<>(tree.parameters(device));
        if (device.kind().equals(PvDevice.DISK) && HotplugCalls.isBuiltIn(nodes.getOrDefault("script", ""))) {
            nodes.computeIfPresent(PARAMS, (name, path) -> absolute(path));
        }
        Optional<Map<String, String>> record = records.of(device);
        boolean known = record.filter(old -> Objects.equals(old.get(PARAMS), nodes.get(PARAMS)))
                .isPresent();
        if (known) {
            return;
        }
        if (record.isPresent()) {
            release(device);
        }
        records.put(device, nodes, identity(device, nodes));
    }

    /** What an adopted disk is written to, so that no other guest gets it; empty if that cannot be told. */
    private Optional<String> identity(PvDevice device, Map<String, String> nodes) {
        if (!device.kind().equals(PvDevice.DISK) || !HotplugCalls.isBuiltIn(nodes.getOrDefault("script", ""))) {
            return Optional.empty();
        }
        try {
            return Optional.of(local.identity(device, nodes.getOrDefault(PARAMS, "")));
        } catch (DeviceException e) {
            LOG.warn("{} is served, but its file is not protected against other guests: {}", device, e.getMessage());
            return Optional.empty();
        }
    }

    /** Shows the toolstack why a device is not connected. */
    void report(PvDevice device, String problem) {
        tree.add(
                device,
                Map.of(HOTPLUG_STATUS, "error", "hotplug-error", StringUtils.abbreviate(problem, LONGEST_PROBLEM)));
    }

    /** Disconnects a device that has closed for good, and removes its nodes; false if they are not there any more. */
    boolean remove(PvDevice device) {
        if (tree.look(device).filter(BackEndTree.Look::isConnected).isPresent()) {
            // An earlier server may have connected it.
            adopt(device);
        }
        release(device);
        return tree.removeFinished(device);
    }

    /** Closes a device that nothing serves, so that the toolstack does not wait for it, and removes its nodes. */
    boolean removeUnserved(PvDevice device) {
        return tree.add(device, Map.of("state", XenbusState.CLOSED.word())) && tree.removeFinished(device);
    }

    /** Releases what a device has in this domain whose nodes were removed. */
    void releaseGone(PvDevice device) {
        release(device);
        tree.removeRemains(device);
    }

    private void release(PvDevice device) {
        records.of(device).ifPresent(record -> {
            String script = record.getOrDefault("script", "");
            if (!HotplugCalls.isBuiltIn(script)) {
                runDetaching(device, script, record);
            } else if (record.containsKey(NODE)) {
                local.close(device, record.get(NODE), record.getOrDefault(PARAMS, ""));
            }
            records.remove(device);
        });
    }

    /** A failure is logged, as by libxl, and the removal goes on. */
    private void runDetaching(PvDevice device, String script, Map<String, String> record) {
        Optional<String> refusal = refusal(script);
        if (refusal.isPresent()) {
            LOG.warn("detaching {}: {}", device, refusal.get());
            return;
        }
        for (HotplugScript call : HotplugCalls.detaching(device, script, record)) {
            scripts.run(call)
                    .ifPresent(failure -> LOG.warn(
                            "detaching {}: {} {}: {}", device, script, String.join(" ", call.arguments()), failure));
        }
    }
}
