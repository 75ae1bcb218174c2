// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.image.HvmFirmware;
import org.xenjava.toolstack.image.HvmImagePlan;
import org.xenjava.toolstack.image.RamBounds;
import org.xenjava.toolstack.image.TestFirmware;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;

/** xenstore of a domain that xl has built and left paused, and of the same that we have built. */
class HvmXenstoreTest {
    private static final Pattern LINE = Pattern.compile("(\\S+) = (\".*\")   (\\(.*\\))");

    /** QEMU's and the devices' own, what domains share, and ours that libxl has not. */
    private static final Pattern ELSEWHERE =
            Pattern.compile(".*/vkbd(/.*)?|.*/device-model/\\d+/.*|/local/domain/\\d+/image(/.*)?"
                    + "|/libxl|/vm|/local/domain/0/(backend|backend/console|device-model)|/libxl/\\d+/xenjava.*");

    /** Different in any two builds. */
    private static final Pattern VOLATILE = Pattern.compile("/vm/[^/]+/start_time|/local/domain/\\d+/console/tty");

    @ParameterizedTest
    @CsvSource({
        "d1-hvm-pod-256-512-vganone, 2, NONE, bf08a5a7-6d89-4395-873c-4da7c6b192c3",
        "d2-hvm-pod-256-512-stdvga16, 5, STDVGA, ab0d2ca2-83b2-4421-aa95-98521a2f4698"
    })
    void allButTheDevicesIsAsXlLeftIt(String recording, int domid, Vga vga, UUID uuid) {
        try (HvmTestHost host = new HvmTestHost(SimulatedXen.builder(), PodPolicy.libxl())) {
            takeDomids(host, domid - 1);
            MachineState before = host.state();
            DomainConfig guest =
                    HvmTestHost.guest(recording, 256, 512, vga).uuid(uuid).build();

            assertEquals(domid, host.build(guest));

            SortedMap<String, String> added = new TreeMap<>(host.state().xenstore());
            added.keySet().removeAll(before.xenstore().keySet());
            assertEquals(text(StricterPermissions.in(dump(recording))), text(added));
        }
    }

    /** So that the domain gets the recorded one's number. */
    private static void takeDomids(HvmTestHost host, int count) {
        for (int i = 0; i < count; i++) {
            host.xenctrl
                    .domains()
                    .create(new CreateDomain(
                            UUID.randomUUID(), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        }
    }

    private static String text(SortedMap<String, String> nodes) {
        StringBuilder text = new StringBuilder();
        nodes.forEach((path, node) -> {
            if (!ELSEWHERE.matcher(path).matches()) {
                text.append(path).append(" = ").append(masked(path, node)).append('\n');
            }
        });
        return text.toString();
    }

    private static String masked(String path, String node) {
        return VOLATILE.matcher(path).matches() ? node.replaceAll("\".*\"", "\"…\"") : node;
    }

    private static SortedMap<String, String> dump(String recording) {
        String resource = "recorded/" + recording + ".xenstore.txt";
        try (InputStream in = HvmXenstoreTest.class.getResourceAsStream(resource)) {
            SortedMap<String, String> nodes = new TreeMap<>();
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(LINE::matcher)
                    .forEach(line -> {
                        if (!line.matches()) {
                            throw new IllegalArgumentException("not a line of a dump: " + line);
                        }
                        nodes.put(line.group(1), line.group(2) + "   " + line.group(3));
                    });
            return nodes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void hvmloaderGetsTheAddressesOfFurtherTables() {
        try (HvmTestHost host = HvmTestHost.create()) {
            DomainConfig guest = HvmTestHost.guest("web", 64, 64, Vga.NONE).build();
            MemoryPlan memory = MemoryPlan.hvm(guest, guest.hvm().orElseThrow(), PodPolicy.standard());
            HvmFirmware firmware = new HvmFirmware(
                    TestFirmware.loader(),
                    TestFirmware.data(TestFirmware.bios()),
                    Optional.of(TestFirmware.data(new byte[0x123])),
                    Optional.of(TestFirmware.data(new byte[0x4567])));
            HvmImagePlan image = HvmImagePlan.of(
                    guest,
                    guest.hvm().orElseThrow(),
                    firmware,
                    new RamBounds(memory.layout(), memory.shape().ram()));

            host.store.inTransaction(transaction -> {
                new HvmXenstoreNodes(7, new UUID(0, 7), guest.hvm().orElseThrow(), Optional.of(image))
                        .write(transaction);
                return image;
            });

            String hvmloader = "/local/domain/7/hvmloader/";
            assertEquals("0x174000", host.store.read(hvmloader + "acpi/address").orElseThrow());
            assertEquals("0x123", host.store.read(hvmloader + "acpi/length").orElseThrow());
            assertEquals(
                    "0x175000", host.store.read(hvmloader + "smbios/address").orElseThrow());
            assertEquals("0x4567", host.store.read(hvmloader + "smbios/length").orElseThrow());
        }
    }
}
