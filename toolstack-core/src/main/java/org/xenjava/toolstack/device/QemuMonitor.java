// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.plan.QemuCommandLine;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.device.view.Screenshot;
import org.xenjava.toolstack.device.view.VncAddress;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection.FileAccess;

/**
 * The commands of a toolstack to a running QEMU. Each command uses a connection of its own, so that other clients can
 * connect in between. Commands and answers are those of QEMU's {@code qapi/*.json}.
 */
final class QemuMonitor {
    /**
     * The longest time for an answer: a loaded machine is slow, and QEMU answers only between two device accesses of
     * the guest.
     */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** The state of a PC without large devices has about 10,000 bytes. */
    private static final int MAX_STATE_BYTES = 64 << 20;

    /** QEMU stops when it has written the caches of its disks. */
    private static final Duration FLUSH_LIMIT = Duration.ofMinutes(5);

    /** Named by {@code migrate-set-capabilities}; QEMU has it from 3.0 on. */
    private static final JsonObject LATE_DISKS = JsonParser.parseString(
                    "{\"capabilities\": [{\"capability\": \"late-block-activate\", \"state\": true}]}")
            .getAsJsonObject();

    private static final Pattern SERIAL_PORT = Pattern.compile("serial(\\d+)");
    private static final String TERMINAL = "pty:";

    private final String peer;
    private final Duration limit;
    private final Supplier<LocalConnection> connection;
    private final TemporaryFiles files;

    QemuMonitor(Path socket, DeviceModelProcess process) {
        this(socket, LIMIT, process);
    }

    QemuMonitor(Path socket, Duration limit, DeviceModelProcess process) {
        this(
                socket,
                limit,
                process::connect,
                prefix -> process.createFile(QemuFiles.temporary(socket, process.domid()), prefix));
    }

    /**
     * @param connector connects to the socket
     * @param files creates files that QEMU gets
     */
    QemuMonitor(Path socket, Duration limit, Function<Path, LocalConnection> connector, TemporaryFiles files) {
        this.peer = "QEMU at " + socket;
        this.limit = limit;
        this.connection = () -> connector.apply(socket);
        this.files = files;
    }

    /**
     * Sets the password of viewers. A QEMU that expects a password admits no viewer before.
     *
     * @param protocol {@code vnc} or {@code spice}
     */
    void setPassword(String protocol, String password) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("protocol", protocol);
        arguments.addProperty("password", password);
        try {
            ask("set_password", arguments);
        } catch (DeviceModelException e) {
            // QEMU's message may quote the password, which must not reach a log.
            throw new DeviceModelException(e.getMessage().replace(password, "(the password)"));
        }
    }

    /** The address of the VNC server; empty if there is none. */
    Optional<VncAddress> vnc() {
        return vncOf(ask("query-vnc", new JsonObject()));
    }

    static Optional<VncAddress> vncOf(QmpAnswer vnc) {
        if (!vnc.flag("enabled")) {
            return Optional.empty();
        }
        return Optional.of(
                vnc.has("family") && vnc.text("family").equals("unix")
                        ? new VncAddress.Socket(Path.of(vnc.text("service")))
                        : new VncAddress.Tcp(vnc.text("host"), vnc.number("service")));
    }

    /** Waits until QEMU answers: it has finished its start then, and dropped its rights. */
    void awaitAnswer() {
        ask("query-status", new JsonObject());
    }

    /**
     * Lets a QEMU that was started with {@code -incoming defer} load the state of the devices of a saved guest. It opens the
     * disks for writing only when it continues, because another QEMU may still have them.
     */
    void load(byte[] state) {
        withTemporaryFile("devices", "state of the devices", file -> {
            Files.write(file, state);
            try (QmpClient client = connect()) {
                client.execute("migrate-set-capabilities", LATE_DISKS.deepCopy());
                client.lend(file, "devices");
                JsonObject arguments = new JsonObject();
                arguments.addProperty("uri", "fd:devices");
                client.execute("migrate-incoming", arguments);
            }
            return file;
        });
    }

    /** Whether QEMU has loaded the state that it was given. */
    boolean isLoaded() {
        return !status().equals("inmigrate");
    }

    /** The state of QEMU's machine, such as {@code running}. */
    String status() {
        return ask("query-status", new JsonObject()).text("status");
    }

    /** Stops the emulated devices, once what they have begun is done. */
    void stop() {
        try (QmpClient client = QmpClient.connect(peer, FLUSH_LIMIT, connection)) {
            client.execute("stop", new JsonObject());
        }
    }

    /** Lets the emulated devices continue, and opens the disks for writing if they are not. */
    void resume() {
        ask("cont", new JsonObject());
    }

    /**
     * Lets QEMU report its writes to the guest's memory to Xen's log of written pages, or no longer. QEMU 6.2 and later abort
     * when they are to end a log that they do not keep, and 6.2 also when it is to begin one that it keeps (assertions in
     * {@code softmmu/memory.c}).
     */
    void setWriteLog(boolean enable) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("enable", enable);
        ask("xen-set-global-dirty-log", arguments);
    }

    /**
     * Returns the state of the emulated devices, which are stopped.
     *
     * @param release whether QEMU gives up the disks until it continues
     */
    byte[] deviceState(boolean release) {
        return writtenByQemu("devices", MAX_STATE_BYTES, "state of the devices", (client, name) -> {
            JsonObject arguments = new JsonObject();
            arguments.addProperty("filename", name);
            arguments.addProperty("live", release);
            client.execute("xen-save-devices-state", arguments);
        });
    }

    /** The terminals of the serial ports that have one, by the port's number from 0. */
    Map<Integer, String> serialTerminals() {
        return terminalsOf(ask("query-chardev", new JsonObject()));
    }

    static Map<Integer, String> terminalsOf(QmpAnswer devices) {
        Map<Integer, String> terminals = new TreeMap<>();
        for (QmpAnswer device : devices.elements()) {
            Matcher port = SERIAL_PORT.matcher(device.text("label"));
            String file = device.text("filename");
            if (port.matches() && file.startsWith(TERMINAL)) {
                terminals.put(device.number(port.group(1), "label"), file.substring(TERMINAL.length()));
            }
        }
        return Map.copyOf(terminals);
    }

    /**
     * Takes a picture of the guest's screen.
     *
     * @throws DeviceModelException if the guest has no screen
     */
    Screenshot screenshot() {
        return Screenshot.ofPpm(
                writtenByQemu("screen", Screenshot.MAX_PPM_BYTES, "picture of the screen", (client, name) -> {
                    JsonObject arguments = new JsonObject();
                    arguments.addProperty("filename", name);
                    client.execute("screendump", arguments);
                }));
    }

    /** Lets QEMU write into an open file, whose name it does not learn, and returns the content. */
    private byte[] writtenByQemu(String prefix, int most, String what, FileUse use) {
        return withTemporaryFile(prefix, what, file -> {
            withFile(file, FileAccess.WRITE_ONLY, use);
            return content(file, most, what);
        });
    }

    private <T> T withTemporaryFile(String prefix, String what, TemporaryFileUse<T> use) {
        try {
            Path file = files.create(prefix);
            try {
                return use.use(file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new DeviceModelException("a file for the " + what + " of " + peer + " fails: " + e.getMessage(), e);
        }
    }

    /** Creates empty files, which only their owner can read. */
    interface TemporaryFiles {
        Path create(String prefix) throws IOException;
    }

    private interface TemporaryFileUse<T> {
        T use(Path file) throws IOException;
    }

    interface FileUse {
        /** @param name the name by which QEMU knows the file */
        void use(QmpClient client, String name);
    }

    /** QEMU keeps what it uses of the file's set beyond this. */
    void withFile(Path file, FileAccess access, FileUse use) {
        try (QmpClient client = connect()) {
            JsonObject set = new JsonObject();
            set.addProperty("fdset-id", client.pass(file, access));
            use.use(client, "/dev/fdset/" + set.get("fdset-id"));
            client.execute("remove-fd", set);
        }
    }

    /** Reads the file up to a size, because QEMU, which is not trusted, decides its size. */
    private static byte[] content(Path file, int most, String what) throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] content = in.readNBytes(most + 1);
            if (content.length > most) {
                throw new DeviceModelException(
                        "QEMU's " + what + " has more than " + most + " bytes, more than any guest's");
            }
            return content;
        }
    }

    /**
     * Inserts a medium into a CD-ROM drive, even if the guest has locked the drive.
     *
     * @param image a raw image or a block device
     * @throws DeviceModelException if there is no such drive, or the image cannot be opened
     */
    void changeMedium(VirtualDisk drive, Path image) {
        withFile(image.toAbsolutePath(), FileAccess.READ_ONLY, (client, name) -> {
            JsonObject arguments = device(drive);
            arguments.addProperty("filename", name);
            arguments.addProperty("format", "raw");
            arguments.addProperty("read-only-mode", "read-only");
            client.execute("blockdev-change-medium", arguments);
        });
    }

    /** Ejects the medium of a CD-ROM drive, even if the guest has locked the drive. */
    void eject(VirtualDisk drive) {
        JsonObject arguments = device(drive);
        arguments.addProperty("force", true);
        ask("eject", arguments);
    }

    /** Wakes a guest that sleeps in ACPI's state S3. */
    void wake() {
        ask("system_wakeup", new JsonObject());
    }

    /**
     * Adds vCPUs until the machine has that many. QEMU has no command that removes one.
     *
     * @param count number of vCPUs, at most as many as the machine has places
     * @return number of vCPUs that the machine has now: more than {@code count} if it had more
     */
    int plugVcpus(int count) {
        try (QmpClient client = connect()) {
            List<VcpuSlot> slots = VcpuSlot.of(client.execute("query-hotpluggable-cpus", new JsonObject()));
            int plugged = (int) slots.stream().filter(VcpuSlot::isPlugged).count();
            for (int vcpu = 0; vcpu < slots.size() && plugged < count; vcpu++) {
                if (!slots.get(vcpu).isPlugged()) {
                    client.execute("device_add", slots.get(vcpu).plug(vcpu));
                    plugged++;
                }
            }
            return plugged;
        }
    }

    /** The traffic of all disks. */
    QemuDiskTraffic diskTraffic() {
        return QemuDiskTraffic.of(ask("query-blockstats", new JsonObject()));
    }

    /** Executes a command line of QEMU's monitor for people. */
    String execute(String commandLine) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("command-line", commandLine);
        return ask("human-monitor-command", arguments).text();
    }

    private static JsonObject device(VirtualDisk drive) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("device", QemuCommandLine.driveId(drive));
        return arguments;
    }

    QmpAnswer ask(String command, JsonObject arguments) {
        try (QmpClient client = connect()) {
            return client.execute(command, arguments);
        }
    }

    private QmpClient connect() {
        return QmpClient.connect(peer, limit, connection);
    }
}
