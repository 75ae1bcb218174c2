// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Restores from a file whose disks cannot be opened. */
class RestoredDisksTest {
    private static final int IMAGE_BYTES = 1 << 20;

    private final TestHost host = TestHost.create();

    @TempDir
    Path directory;

    private Path image = Path.of("");
    private Path file = Path.of("");
    private int domid;
    private MachineState before = host.state();

    @BeforeEach
    void save() throws IOException {
        image = Files.write(directory.resolve("disk.img"), new byte[IMAGE_BYTES]);
        file = directory.resolve("web.save");
        Domain domain = host.toolstack.create(TestHost.guest("web", 20, 20)
                .disks(List.of(
                        DiskConfig.builder("xvda").target(image.toString()).build()))
                .build());
        domid = domain.domid();
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        PassingTime.during(host.xen, () -> domain.saving().save(file, Afterwards.DESTROY));
        before = host.state();
    }

    @AfterEach
    void close() {
        host.close();
    }

    /** Other guests would give memory up before the error. */
    @Test
    void aMissingImageIsRefusedBeforeAnyHypercall() throws IOException {
        Files.delete(image);
        TestProcess process = host.newProcess();
        List<String> calls = new CopyOnWriteArrayList<>();
        try (Toolstack toolstack = process.open()) {
            process.faults().inject(call -> {
                calls.add(call.name());
                return new Verdict.Passes();
            });
            ConfigException refusal = assertThrows(
                    ConfigException.class, () -> toolstack.restore(file, CreateListener.NONE, new Cancellation()));
            assertTrue(refusal.getMessage().contains(image.toString()), refusal.getMessage());
        }
        assertEquals(
                List.of(),
                calls.stream().filter(name -> name.matches("[A-Z].*")).toList());
    }

    /** The kernel's back end opens a prepared disk on its own, after its state says that it waits. */
    @Test
    void aDiskThatTheBackEndRefusesLateEndsTheRestore() {
        String error = "/local/domain/0/error/backend/vbd/" + (domid + 1) + "/51712/error";
        CreateListener listener = progress -> {
            if (progress.step() == CreateStep.RELEASE_CLAIM) {
                host.observer
                        .store()
                        .write(
                                XenStore.NO_TRANSACTION,
                                error,
                                "30 creating vbd structure".getBytes(StandardCharsets.UTF_8));
            }
        };
        DeviceException refusal =
                assertThrows(DeviceException.class, () -> host.toolstack.restore(file, listener, new Cancellation()));
        assertTrue(refusal.getMessage().contains("30 creating vbd structure"), refusal.getMessage());
        host.assertUnchangedSince(before, "a refused disk");
    }
}
