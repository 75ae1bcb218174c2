// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.sim.guest.QemuHandle;

/** The devices that a simulated QEMU emulates: the parts that a test can observe. The machine's lock protects them. */
final class EmulatedDevices implements QemuHandle {
    /** The beginning of QEMU's migration stream. */
    private static final String MAGIC = "QEVM";

    private final MachineEntry entry;
    private final String devices;
    private boolean running = true;
    private int refusals;

    private EmulatedDevices(MachineEntry entry, String devices) {
        this.entry = entry;
        this.devices = devices;
    }

    /** New devices. */
    static EmulatedDevices create(MachineEntry entry, long pid) {
        return new EmulatedDevices(entry, MAGIC + pid);
    }

    /** Devices that continue where others were saved; empty if the state is damaged. */
    static Optional<EmulatedDevices> load(MachineEntry entry, Path state) {
        try {
            return Optional.of(Files.readString(state, StandardCharsets.ISO_8859_1))
                    .filter(text -> text.startsWith(MAGIC))
                    .map(text -> new EmulatedDevices(entry, text));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Executes {@code xen-save-devices-state}. */
    void save(Path file) throws IOException {
        Files.writeString(file, devices, StandardCharsets.ISO_8859_1);
    }

    void stop() {
        running = false;
    }

    void resume() {
        running = true;
    }

    /** Whether the next state is not to be saved. */
    boolean refuses() {
        boolean refused = refusals > 0;
        refusals -= refused ? 1 : 0;
        return refused;
    }

    @Override
    public String devices() {
        return devices;
    }

    @Override
    public boolean isRunning() {
        return entry.call("read", () -> running);
    }

    @Override
    public void refuseToSave(int times) {
        entry.run("refuse", () -> refusals = times);
    }
}
