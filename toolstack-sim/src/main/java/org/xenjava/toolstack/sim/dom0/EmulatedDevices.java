// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.xenjava.toolstack.sim.guest.QemuHandle;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.DomainMemory;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;

/** The devices that a simulated QEMU emulates: the parts that a test can observe. The machine's lock protects them. */
final class EmulatedDevices implements QemuHandle {
    /** The beginning of QEMU's migration stream. */
    private static final String MAGIC = "QEVM";

    private static final String WAITS = "";

    /** The machine of a QEMU that emulates nothing. */
    private static final String BACK_ENDS_ONLY = "xenpv";

    private final MachineEntry entry;
    private final int domid;
    private final ImageWriters writers;
    private final boolean emulates;
    private final Set<String> images = new HashSet<>();
    private String devices;
    private boolean running;

    /** It has not given up the disks, and does not wait for those of another QEMU. */
    private boolean ownsDisks;

    private boolean opensDisksLate;
    private boolean logsWrites;
    private boolean sleeps;
    private final Map<String, Integer> refusals = new HashMap<>();
    private Runnable atStop = () -> {};
    private Runnable end = () -> {};

    private EmulatedDevices(MachineEntry entry, DeviceModelCommand command, ImageWriters writers, String devices) {
        this.entry = entry;
        this.domid = command.domid();
        this.writers = writers;
        this.emulates = command.arguments().stream().noneMatch(argument -> argument.startsWith(BACK_ENDS_ONLY));
        this.devices = devices;
        running = !devices.equals(WAITS);
        ownsDisks = running;
    }

    /** New devices, which run. */
    static EmulatedDevices create(MachineEntry entry, DeviceModelCommand command, ImageWriters writers, long pid) {
        return new EmulatedDevices(entry, command, writers, MAGIC + pid);
    }

    /** Devices that wait for their state. */
    static EmulatedDevices waiting(MachineEntry entry, DeviceModelCommand command, ImageWriters writers) {
        return new EmulatedDevices(entry, command, writers, WAITS);
    }

    /** Begins to serve a paravirtual disk that the guest may write. */
    void attach(String image) {
        images.add(image);
        note();
    }

    void detach(String image) {
        images.remove(image);
        note();
    }

    /** The process has ended. */
    void ended() {
        ownsDisks = false;
        note();
    }

    private void note() {
        writers.set(this, ownsDisks ? images : Set.of());
    }

    /** Names the way to end the process. */
    void endBy(Runnable way) {
        end = way;
    }

    /** Executes {@code query-status}. */
    String status() {
        return sleeps ? "suspended" : running ? "running" : devices.equals(WAITS) ? "inmigrate" : "paused";
    }

    /** Sets the capability {@code late-block-activate}. */
    void openDisksLate() {
        opensDisksLate = true;
    }

    /** Executes {@code migrate-incoming}; false if the state is damaged, with which a real QEMU ends. */
    boolean load(Path state) {
        try {
            devices = Files.readString(state, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return false;
        }
        ownsDisks = !opensDisksLate;
        note();
        return devices.startsWith(MAGIC);
    }

    /** Executes {@code xen-save-devices-state}; false if it is refused. */
    boolean save(Path file, boolean releaseDisks) {
        if (running || devices.equals(WAITS)) {
            return false;
        }
        try {
            Files.writeString(file, devices, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return false;
        }
        ownsDisks &= !releaseDisks;
        note();
        return true;
    }

    /** Whether a command is refused; each question uses up one refusal. */
    boolean refuses(String command) {
        int left = refusals.getOrDefault(command, 0);
        refusals.put(command, left - 1);
        return left > 0;
    }

    void stop() {
        atStop.run();
        atStop = () -> {};
        running = false;
    }

    /** Executes {@code cont}; false if it is refused. */
    boolean resume() {
        if (devices.equals(WAITS)) {
            return false;
        }
        running |= !sleeps;
        ownsDisks |= !sleeps;
        note();
        return true;
    }

    /** Executes {@code xen-set-global-dirty-log}; false if a real QEMU aborts. */
    boolean logWrites(boolean enable) {
        boolean possible = enable || logsWrites;
        logsWrites = enable;
        return possible;
    }

    @Override
    public String devices() {
        return entry.call("read", () -> devices);
    }

    @Override
    public boolean isRunning() {
        return entry.call("read", () -> running);
    }

    @Override
    public boolean hasDisksOpen() {
        return entry.call("read", () -> ownsDisks && (emulates || !images.isEmpty()));
    }

    @Override
    public boolean hasSharedAnImage() {
        return writers.hasShared(this);
    }

    @Override
    public boolean logsWrites() {
        return entry.call("read", () -> logsWrites);
    }

    @Override
    public void refuse(String command, int times) {
        entry.run("refuse", () -> refusals.put(command, times));
    }

    @Override
    public void writeAtStop(long gfn, long number) {
        entry.run("write", () -> atStop = () -> put(gfn, number));
    }

    @Override
    public void sleep() {
        entry.run("sleep", () -> {
            sleeps = true;
            running = false;
        });
    }

    @Override
    public void end() {
        end.run();
    }

    @Override
    public void write(long gfn, long number) {
        entry.run("write", () -> put(gfn, number));
    }

    private void put(long gfn, long number) {
        if (running) {
            DomainMemory memory = entry.machine().require(domid).memory();
            byte[] bytes = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
            memory.writeUnlogged(gfn, bytes, Actor.DOM0);
            if (logsWrites) {
                memory.reportWrite(gfn);
            }
        }
    }
}
