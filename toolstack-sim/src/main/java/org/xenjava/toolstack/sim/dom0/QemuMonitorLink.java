// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;

/**
 * A connection to the monitor of a simulated QEMU, which knows the commands about vCPUs, the state of its devices and
 * devices that are passed through, but not those about disks. QEMU lists the vCPUs by socket number, the last one first.
 */
final class QemuMonitorLink implements LocalConnection {
    private static final Pattern COMMAND = Pattern.compile("\"execute\":\"([a-z_-]+)\"");
    private static final Pattern SOCKET = Pattern.compile("\"socket-id\":(\\d{1,5})");
    private static final int END = -1;
    static final String DONE = "{\"return\": {}}";

    private final MachineEntry entry;
    private final int domid;
    private final PciMonitor pci;
    private final UsbMonitor usb;
    private final EmulatedDevices devices;
    private final DeviceModelProcess process;
    private Optional<Path> passed = Optional.empty();
    private final StringBuilder output = new StringBuilder("{\"QMP\": {}}\n");

    QemuMonitorLink(MachineEntry entry, DeviceModelProcess process, EmulatedDevices devices) {
        this.entry = entry;
        this.process = process;
        this.domid = process.domid();
        this.pci = new PciMonitor(entry.machine(), domid);
        this.usb = new UsbMonitor(entry.machine(), domid);
        this.devices = devices;
    }

    @Override
    public void send(byte[] bytes) {
        String request = new String(bytes, StandardCharsets.UTF_8);
        Matcher command = COMMAND.matcher(request);
        output.append(entry.call("sendmsg", () -> answer(command.find() ? command.group(1) : "", request)))
                .append('\n');
    }

    @Override
    public void send(byte[] bytes, Path file, FileAccess access) {
        passed = Optional.of(file);
        send(bytes);
    }

    private String answer(String command, String request) {
        if (devices.refuses(command)) {
            return error("The command " + command + " is refused");
        }
        return switch (command) {
            case "qmp_capabilities" -> DONE;
            case "query-hotpluggable-cpus" -> slots(entry.machine().require(domid));
            case "query-blockstats" -> "{\"return\": []}";
            case "device_add" -> add(request);
            case "device_del" -> usb.knows(request) ? usb.remove(request) : pci.remove(request);
            case "qom-list" -> usb.list();
            case "query-pci" -> pci.list();
            case "query-status" -> "{\"return\": {\"status\": \"" + devices.status() + "\"}}";
            case "stop" -> done(devices::stop);
            case "cont" -> devices.resume() ? DONE : error("Failed to get \\\"write\\\" lock");
            case "xen-set-global-dirty-log" -> orEnd(devices.logWrites(request.contains("\"enable\":true")));
            case "migrate-set-capabilities" -> done(devices::openDisksLate);
            case "getfd" -> DONE;
            case "migrate-incoming" -> orEnd(devices.load(passed.orElseThrow()));
            case "add-fd" -> "{\"return\": {\"fdset-id\": 0}}";
            case "remove-fd" -> done(() -> passed = Optional.empty());
            case "xen-save-devices-state" ->
                passed.isPresent() && devices.save(passed.get(), request.contains("\"live\":true"))
                        ? DONE
                        : error("The devices cannot be saved");
            default -> error("The command " + command + " has not been found");
        };
    }

    /** A real QEMU ends after the answer. */
    private String orEnd(boolean successful) {
        if (!successful) {
            process.kill();
        }
        return DONE;
    }

    private String add(String request) {
        if (usb.knows(request)) {
            return usb.add(request, passed.map(Path::toString));
        }
        return request.contains(PciMonitor.DRIVER)
                ? pci.add(request)
                : plug(entry.machine().require(domid), request);
    }

    private static String done(Runnable work) {
        work.run();
        return DONE;
    }

    private static String slots(XenDomain domain) {
        StringBuilder slots = new StringBuilder();
        for (int vcpu = domain.vcpus() - 1; vcpu >= 0; vcpu--) {
            slots.append(slots.isEmpty() ? "" : ", ")
                    .append("{\"props\": {\"core-id\": 0, \"thread-id\": 0, \"socket-id\": ")
                    .append(vcpu)
                    .append("}, \"vcpus-count\": 1")
                    .append(domain.pluggedVcpus().get(vcpu) ? ", \"qom-path\": \"/machine/" + vcpu + "\"" : "")
                    .append(", \"type\": \"qemu64-x86_64-cpu\"}");
        }
        return "{\"return\": [" + slots + "]}";
    }

    private String plug(XenDomain domain, String request) {
        Matcher socket = SOCKET.matcher(request);
        int vcpu = socket.find() ? Integer.parseInt(socket.group(1)) : -1;
        if (vcpu < 0 || vcpu >= domain.vcpus()) {
            return error("Invalid CPU socket-id: " + vcpu);
        }
        return entry.machine().plugVcpu(domain, vcpu) ? DONE : error("CPU[" + vcpu + "] exists");
    }

    static String error(String text) {
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" + text + "\"}}";
    }

    @Override
    public int receive(byte[] buffer, Duration timeout) {
        if (output.isEmpty() && process.liveness() == Liveness.DEAD) {
            return END;
        }
        byte[] bytes = output.toString().getBytes(StandardCharsets.UTF_8);
        int count = Math.min(bytes.length, buffer.length);
        System.arraycopy(bytes, 0, buffer, 0, count);
        output.setLength(0);
        output.append(new String(bytes, count, bytes.length - count, StandardCharsets.UTF_8));
        return count;
    }

    @Override
    public void close() {
        // The connection has no state in the machine.
    }
}
