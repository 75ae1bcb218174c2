// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Format;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.StepPhase;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Two guests never write one disk, however its paths are spelt and whoever attached it. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DiskSharingTest {
    private static final int ROUNDS = 200;

    @TempDir
    Path files;

    private final TestHost host = TestHost.of(SimulatedXen.builder().blockDevice("/dev/vg/web"));
    private final MachineState before = host.state();
    private Path image = Path.of("/");

    @BeforeEach
    void makeAnImage() throws IOException {
        image = Files.write(files.resolve("pci-0000:00:1f.2.img"), new byte[512]);
        Files.createSymbolicLink(files.resolve("symlink"), image);
        Files.createLink(files.resolve("hardlink"), image);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private static DomainConfig guest(String name, String target, Format format) {
        return TestHost.guest(name, 32, 32)
                .disks(List.of(
                        DiskConfig.builder("xvda").target(target).format(format).build()))
                .build();
    }

    private void assertRefused(DomainConfig second) {
        MachineState with = host.state();
        DeviceException e = assertThrows(DeviceException.class, () -> host.toolstack.create(second));
        assertTrue(e.getMessage().contains(" is disk 51712 of domain "), e.getMessage());
        host.assertUnchangedSince(with, "after the refusal");
    }

    @ParameterizedTest
    @CsvSource({
        "pci-0000:00:1f.2.img, RAW",
        "pci-0000:00:1f.2.img, QCOW2",
        "./pci-0000:00:1f.2.img, RAW",
        "symlink, RAW",
        "hardlink, RAW",
        "symlink, QCOW2"
    })
    void aFileIsRecognisedByWhateverPath(String name, Format format) {
        host.toolstack.create(guest("first", image.toString(), Format.RAW));
        assertRefused(guest("second", files + "/" + name, format));
    }

    @ParameterizedTest
    @CsvSource({"vg/web, RAW", "vg/web, QCOW2", "/dev/vg/web, QCOW2"})
    void aBlockDeviceIsRecognisedByWhateverPath(String target, Format format) {
        host.toolstack.create(guest("first", target, format));
        assertRefused(guest("second", "/dev/vg/web", Format.RAW));
    }

    @Test
    void aLoopDeviceStandsForTheFileBehindIt() {
        host.observer.hostDevices().attachLoop(9, image.toString(), LoopAccess.READ_WRITE);
        host.toolstack.create(guest("first", image.toString(), Format.RAW));
        assertRefused(guest("second", "/dev/loop9", Format.RAW));
    }

    @ParameterizedTest
    @CsvSource({"qdisk, aio:", "qdisk, qcow2:", "vbd, ''", "vbd, phy:"})
    void aDiskThatAnotherToolstackAttachedIsRecognisedByItsParameters(String backend, String prefix) {
        foreignDisk(backend, Map.of("params", prefix + files.resolve("symlink"), "mode", "w"));
        assertRefused(guest("second", image.toString(), Format.RAW));
    }

    @Test
    void aDiskThatAnotherToolstackAttachedIsRecognisedByItsDeviceNumbers() {
        int minor = 9;
        host.observer.hostDevices().attachLoop(minor, image.toString(), LoopAccess.READ_WRITE);
        foreignDisk("vbd", Map.of("params", "drbd-resource", "physical-device", "7:" + minor, "mode", "w"));
        assertRefused(guest("second", image.toString(), Format.RAW));
    }

    private void foreignDisk(String backend, Map<String, String> nodes) {
        XenStore store = host.observer.store();
        nodes.forEach((name, value) -> store.write(
                XenStore.NO_TRANSACTION,
                "/local/domain/0/backend/" + backend + "/77/51712/" + name,
                value.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void differentFilesAreDifferent() throws IOException {
        Path other = Files.write(files.resolve("other.img"), new byte[512]);
        host.toolstack.create(guest("first", image.toString(), Format.RAW));
        host.toolstack.create(guest("second", other.toString(), Format.RAW)).destroy();
    }

    @Test
    void aCreateReadsTheStateOfItsImageOnce() {
        List<String> looks = new ArrayList<>();
        host.faults.inject(call -> {
            if (call.method().equals("file")) {
                looks.add(call.path().orElseThrow());
            }
            return new Verdict.Passes();
        });
        host.toolstack.create(guest("first", image.toString(), Format.RAW));
        assertEquals(List.of(image.toString(), "/dev/loop0"), looks);
    }

    @Test
    void exactlyOneOfTwoCreatesAtOnceGetsTheDisk() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (Toolstack one = host.newProcess().open();
                Toolstack two = host.newProcess().open()) {
            List<Toolstack> toolstacks = List.of(one, two);
            for (int round = 0; round < ROUNDS; round++) {
                CyclicBarrier together = new CyclicBarrier(2);
                CreateListener meet = progress -> {
                    if (progress.step() == CreateStep.ATTACH_DISKS && progress.phase() == StepPhase.STARTED) {
                        meet(together);
                    }
                };
                List<Future<Domain>> creates = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    Toolstack toolstack = toolstacks.get(i);
                    String target = i == 0
                            ? image.toString()
                            : files.resolve("hardlink").toString();
                    DomainConfig config = guest("guest-" + i, target, Format.RAW);
                    creates.add(threads.submit(() -> toolstack.create(config, meet, new Cancellation())));
                }
                List<Domain> winners = new ArrayList<>();
                for (Future<Domain> create : creates) {
                    try {
                        winners.add(create.get());
                    } catch (ExecutionException e) {
                        assertTrue(e.getCause() instanceof DeviceException, String.valueOf(e.getCause()));
                    }
                }
                assertEquals(1, winners.size(), "round " + round);
                winners.get(0).destroy();
            }
        } finally {
            threads.shutdown();
        }
        host.assertUnchangedSince(before, "after " + ROUNDS + " rounds");
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(1, TimeUnit.MINUTES);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
