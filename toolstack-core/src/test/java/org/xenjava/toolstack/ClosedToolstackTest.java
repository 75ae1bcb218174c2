// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.StepPhase;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.units.KiB;

@Timeout(120)
class ClosedToolstackTest {
    private final TestHost host = TestHost.create();

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void everyOperationAfterCloseFailsWithTheSameType(@TempDir Path directory) {
        Toolstack toolstack = host.newProcess().open();
        Domain domain = toolstack.create(TestHost.guest("web", 16, 32).build());
        toolstack.close();
        List<Executable> operations = List.of(
                toolstack::domains,
                toolstack::statuses,
                toolstack::host,
                toolstack.leftovers()::removeAll,
                () -> toolstack.guard(GuardPolicy.standard(), event -> {}),
                () -> toolstack.supervise(SupervisionPolicy.standard(), event -> {}),
                () -> toolstack.find(1),
                () -> toolstack.find("web"),
                () -> toolstack.resolve("web"),
                () -> toolstack.create(TestHost.guest("late", 32, 32).build()),
                domain::name,
                domain::status,
                domain::exists,
                domain::pause,
                domain::unpause,
                domain::destroy,
                domain::config,
                () -> domain.memory().status(),
                () -> domain.memory().set(KiB.ofMiB(8)),
                () -> domain.memory().setMaximum(KiB.ofMiB(64)),
                () -> domain.memory().dump(directory.resolve("core")),
                () -> domain.pod().status(),
                () -> domain.pod().report(),
                () -> domain.devices().disks(),
                () -> domain.deviceModel().pid(),
                () -> domain.screen().vnc(),
                () -> domain.console().terminal(Duration.ofHours(1)),
                () -> domain.console().xenMessages(),
                () -> domain.lifecycle().hasPvDrivers(),
                () -> domain.lifecycle().requestShutdown(ShutdownRequest.POWEROFF),
                () -> domain.lifecycle().awaitShutdown(Duration.ofHours(1)),
                () -> domain.lifecycle().awaitGone(Duration.ofHours(1)));
        for (Executable operation : operations) {
            assertThrows(XenUnavailableException.class, operation);
        }
        host.toolstack.resolve("web").destroy();
    }

    @Test
    void closingDuringABuildCancelsItAndLeavesNothing() throws Exception {
        MachineState before = host.state();
        Toolstack toolstack = host.newProcess().open();
        CountDownLatch populating = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        Cancellation cancellation = new Cancellation();
        CompletableFuture<Domain> build = CompletableFuture.supplyAsync(() -> toolstack.create(
                TestHost.guest("interrupted", 16, 32).build(),
                progress -> {
                    if (progress.step() == CreateStep.POPULATE_RAM && progress.phase() == StepPhase.STARTED) {
                        populating.countDown();
                        await(closing);
                        while (!cancellation.isCancelled()) {
                            Thread.onSpinWait();
                        }
                    }
                },
                cancellation));
        await(populating);
        closing.countDown();
        toolstack.close();
        ExecutionException failure = assertThrows(ExecutionException.class, () -> build.get(60, TimeUnit.SECONDS));
        assertInstanceOf(OperationCancelledException.class, failure.getCause());
        host.assertUnchangedSince(before, "after a close in the middle of a build");
    }

    @Test
    void closingDuringADumpCancelsItAndLeavesNoFile(@TempDir Path directory) throws Exception {
        Toolstack toolstack = host.newProcess().open();
        Domain domain = toolstack.create(TestHost.guest("dumped", 32, 32).build());
        CountDownLatch writing = new CountDownLatch(1);
        Cancellation cancellation = new Cancellation();
        CompletableFuture<Void> dump = CompletableFuture.runAsync(() -> domain.memory()
                .dump(
                        directory.resolve("core"),
                        (looked, all) -> {
                            writing.countDown();
                            while (!cancellation.isCancelled()) {
                                Thread.onSpinWait();
                            }
                        },
                        cancellation));
        await(writing);
        toolstack.close();
        ExecutionException failure = assertThrows(ExecutionException.class, () -> dump.get(60, TimeUnit.SECONDS));
        assertInstanceOf(OperationCancelledException.class, failure.getCause());
        try (var files = Files.list(directory)) {
            assertEquals(List.of(), files.toList());
        }
        host.toolstack.resolve("dumped").destroy();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
