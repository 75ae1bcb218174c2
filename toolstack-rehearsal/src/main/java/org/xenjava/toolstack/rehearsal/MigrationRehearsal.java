// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A rehearsal of a migration: a PVH guest that writes its memory all the time migrates from one simulated host to another.
 * The rehearsal needs neither Xen nor privileges.
 */
public final class MigrationRehearsal {
    private static final UUID ID = UUID.fromString("00000000-0000-4000-8000-00000000006d");
    private static final Duration BOOT = Duration.ofMinutes(1);
    private static final int WRITTEN_PAGES = 256;
    private static final Duration WRITING_PERIOD = Duration.ofMillis(50);
    private static final Duration STEP = Duration.ofMillis(10);

    /** The migrating threads need the processor too. */
    private static final long PAUSE_NANOS = 100_000;

    private static final int IMAGE_BYTES = 1 << 20;
    private static final int WARM_UP_MIB = 20;
    private static final Executor THREADS = work -> {
        Thread thread = new Thread(work, "rehearsal");
        thread.setDaemon(true);
        thread.start();
    };

    private static final long DOM0_PAGES = 393_216;

    /** Memory for Xen itself, and for page tables and vCPUs of any guest: 1 GiB. */
    private static final long ROOM_PAGES = 1 << 18;

    private final SimulatedXen here;
    private final SimulatedXen there;
    private final Course course = new Course();

    private MigrationRehearsal(Pages maxMemory) {
        here = machine(maxMemory).build();
        there = machine(maxMemory).partnerOf(here).build();
    }

    private static SimulatedXen.Builder machine(Pages maxMemory) {
        return SimulatedXen.builder().dom0Pages(DOM0_PAGES).hostPages(DOM0_PAGES + ROOM_PAGES + maxMemory.count());
    }

    /**
     * Migrates a guest.
     *
     * @param config a PVH guest; a disk and a network card take the place of its devices
     * @return the result
     * @throws ConfigException if it is no PVH guest
     * @throws DomainStateException if the guest is too small for the simulated kernel
     * @throws ToolstackException if the guest cannot be created or does not migrate
     */
    public static RehearsedMigration of(DomainConfig config) {
        if (config.type() != DomainType.PVH) {
            throw new ConfigException(
                    "domain " + config.name() + ": only the migration of PVH guests can be rehearsed");
        }
        Path image = emptyImage();
        try (SubstituteFiles files = SubstituteFiles.of(withDevices(config, image))) {
            return new MigrationRehearsal(config.maxMemory().toPages()).run(files.guest());
        } finally {
            delete(image);
        }
    }

    /**
     * Migrates a small guest. A process that migrates or receives a guest afterwards has loaded the classes and compiled the
     * code of both ends, so that the suspended guest does not wait for that. The warm-up takes less than a second of a
     * processor, and some 20 seconds in emulation. It fails without an exception, and ends the wait if the thread is interrupted.
     *
     * @param limit the longest wait for it
     * @return whether the guest migrated in time; nothing depends on it
     */
    public static boolean warmUp(Duration limit) {
        FutureTask<Boolean> migration = new FutureTask<>(() -> {
            RehearsedMigration small = of(DomainConfig.builder("warm-up")
                    .kernel(Path.of("/nonexistent"))
                    .memoryMib(WARM_UP_MIB)
                    .maxMemoryMib(WARM_UP_MIB)
                    .build());
            return small.lost() == 0;
        });
        THREADS.execute(migration);
        try {
            return migration.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // The real migration has failures of its own.
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static DomainConfig withDevices(DomainConfig config, Path image) {
        DiskConfig disk = DiskConfig.builder("xvda").target(image.toString()).build();
        return config.toBuilder()
                .uuid(ID)
                .disks(List.of(disk))
                .nics(List.of(NicConfig.builder().build()))
                .build();
    }

    private static Path emptyImage() {
        try {
            return Files.write(Files.createTempFile("rehearsal", ".img"), new byte[IMAGE_BYTES]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private RehearsedMigration run(DomainConfig config) {
        try (Toolstack source = open(here);
                Toolstack target = open(there)) {
            Domain domain = source.create(config);
            domain.unpause();
            here.advance(BOOT);
            requireRunning(domain);
            here.guest(domain.domid()).orElseThrow().writeSteadily(WRITTEN_PAGES, WRITING_PERIOD);
            here.advance(WRITING_PERIOD);
            Domain arrived = migrate(domain, target);
            int lost = there.guest(arrived.domid()).orElseThrow().lostWrites().size();
            return new RehearsedMigration(course.passes, Pages.of(course.copied), Pages.of(course.suspended), lost);
        }
    }

    private static void requireRunning(Domain domain) {
        domain.status().shutdownReason().ifPresent(reason -> {
            throw new DomainStateException(
                    "the simulated guest has stopped before it could migrate (" + reason + "): give it more memory");
        });
    }

    private static Toolstack open(SimulatedXen machine) {
        return Toolstack.options()
                .clock(machine.clock())
                .processIdentity(ProcessIdentity.named("rehearsal"))
                .open(machine.host());
    }

    private Domain migrate(Domain domain, Toolstack target) {
        PipeTarget pipes = new PipeTarget(target);
        CompletableFuture<Domain> arrival = CompletableFuture.supplyAsync(
                () -> target.receive(
                        pipes.receiver(),
                        MigrationLimits.STANDARD,
                        ReceivedStart.RUNNING,
                        CreateListener.NONE,
                        new Cancellation()),
                THREADS);
        CompletableFuture<Void> departure = CompletableFuture.runAsync(
                        () -> domain.migration().migrate(pipes, MigrationLimits.STANDARD, course, new Cancellation()),
                        THREADS)
                .whenComplete((done, failure) -> pipes.closeSender());
        // A guest suspends itself only as time passes.
        while (!departure.isDone() || !arrival.isDone()) {
            here.advance(STEP);
            there.advance(STEP);
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        try {
            result(departure);
        } catch (MigrationException e) {
            // The receiver's failure is its cause.
            result(arrival);
            throw e;
        }
        return result(arrival);
    }

    private static <T> T result(CompletableFuture<T> end) {
        try {
            return end.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ToolstackException failure ? failure : e;
        }
    }

    /** Counts what is copied. */
    private static final class Course implements MigrationListener {
        private int passes;
        private long copied;
        private long suspended;

        @Override
        public void onProgress(MigrationProgress progress) {
            boolean over = progress.copied().equals(progress.toCopy());
            if (progress.phase() == Phase.COPYING && over) {
                passes = progress.pass();
                copied += progress.copied().count();
            } else if (progress.phase() == Phase.SUSPENDED && over) {
                suspended = progress.copied().count();
            }
        }
    }
}
