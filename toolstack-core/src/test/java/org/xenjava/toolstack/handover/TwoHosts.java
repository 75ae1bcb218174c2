// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainMigration;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.save.PassingTime;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.guest.QemuHandle;
import org.xenjava.toolstack.xenctrl.DomainInfo;

/** Two simulated hosts, or one that is both, and a guest that writes its memory all the time. */
final class TwoHosts implements AutoCloseable {
    static final UUID ID = UUID.fromString("c0ffee00-0000-4000-8000-000000000014");
    static final MigrationLimits LIMITS = new MigrationLimits(
            Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(20));
    private static final int WRITTEN_PAGES = 400;

    final TestHost source;
    final TestHost target;
    final MachineState sourceBefore;
    final MachineState targetBefore;
    MachineState sourceRunning;

    MigrationPace pace = MigrationPace.STANDARD;
    MigrationProtocol protocol = MigrationProtocol.AUTO;
    MigrationLimits limits = LIMITS;
    MigrationLimits receiverLimits = LIMITS;
    MigrationListener listener = MigrationListener.NONE;
    CreateListener receiverListener = CreateListener.NONE;

    /** Changes the operation of the sender. */
    UnaryOperator<DomainMigration> wishes = UnaryOperator.identity();

    Cancellation cancellation = new Cancellation();

    /** Changes the receiver's end of the link. */
    UnaryOperator<MigrationLink> receiverLink = UnaryOperator.identity();

    /** Brings further links. */
    Optional<TestNetwork> network = Optional.empty();

    /** Happens on the target before it answers where the guest is. */
    Runnable beforeAnswer = () -> {};

    private TwoHosts(TestHost source, TestHost target) {
        this.source = source;
        this.target = target;
        sourceBefore = source.state();
        targetBefore = target.state();
        sourceRunning = sourceBefore;
    }

    static TwoHosts create() {
        TestHost source = TestHost.create();
        return new TwoHosts(source, TestHost.of(SimulatedXen.builder().partnerOf(source.xen)));
    }

    static TwoHosts oneHost() {
        TestHost host = TestHost.create();
        return new TwoHosts(host, host);
    }

    TwoHosts using(MigrationProtocol other) {
        protocol = other;
        return this;
    }

    Domain start(long memory, long maxMemory) {
        return start(TestHost.guest("web", memory, maxMemory));
    }

    Domain start(DomainConfig.Builder guest) {
        Domain domain = source.toolstack.create(guest.uuid(ID).build());
        domain.unpause();
        source.xen.advance(Duration.ofMinutes(1));
        source.xen.guest(domain.domid()).orElseThrow().writeSteadily(WRITTEN_PAGES, Duration.ofMillis(50));
        source.xen.advance(Duration.ofSeconds(1));
        sourceRunning = source.state();
        return domain;
    }

    /** The target of a migration by one cable. */
    MigrationTarget target(TestCable cable) {
        return target("there", cable);
    }

    /** The target under a name. */
    MigrationTarget target(String name, TestCable cable) {
        return target(name, cable::sender);
    }

    /** Starts a receiver. */
    interface Start {
        MigrationLink link() throws IOException;
    }

    MigrationTarget target(String name, Start start) {
        return new MigrationTarget() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public boolean isReachedAgain() {
                return network.isPresent();
            }

            @Override
            public MigrationLink connect(MigrationToken token) throws IOException {
                return network.orElseThrow().connect(token);
            }

            @Override
            public MigrationLink connect() throws IOException {
                return start.link();
            }

            @Override
            public Presence presence(UUID uuid, String name) {
                beforeAnswer.run();
                return Presence.inTable(table(), uuid, name);
            }
        };
    }

    private String table() {
        return target.toolstack.statuses().stream()
                .map(status -> status.uuid() + "  " + status.domid() + "    " + status.name())
                .collect(Collectors.joining("\n"));
    }

    /** Migrates; returns the failures of the sender and the receiver. */
    List<Throwable> migrate(TestCable cable) {
        return migrate(source.toolstack, target.toolstack, cable, listener);
    }

    List<Throwable> migrate(Toolstack sender, Toolstack receiver, TestCable cable, MigrationListener progress) {
        return whileTimePasses(() -> {
            CompletableFuture<Optional<Throwable>> receiving =
                    CompletableFuture.supplyAsync(() -> failure(() -> receiver.receive(
                            receiverLink.apply(network.map(open -> open.followed(cable.receiver()))
                                    .orElseGet(cable::receiver)),
                            receiverLimits,
                            ReceivedStart.RUNNING,
                            receiverListener,
                            new Cancellation())));
            Optional<Throwable> sending = failure(() -> {
                wishes.apply(sender.find(ID).orElseThrow().migration().using(protocol))
                        .migrate(target(cable), limits, pace, progress, cancellation);
                return sender;
            });
            cable.cut();
            return Stream.of(sending, result(receiving))
                    .flatMap(Optional::stream)
                    .toList();
        });
    }

    /** Migrates, and records the calls of both ends. */
    void migrateRecording(RecordedCalls sender, RecordedCalls receiver) {
        assertEquals(
                List.of(),
                migrate(
                        sender.of(source.newProcess()).open(),
                        receiver.of(target.newProcess()).open(),
                        new TestCable(),
                        MigrationListener.NONE));
        assertOneRuns("a migration");
    }

    <T> T whileTimePasses(Supplier<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Runnable onSource = () -> PassingTime.during(source.xen, () -> result.complete(work.get()));
        if (source == target) {
            onSource.run();
        } else {
            PassingTime.during(target.xen, onSource);
        }
        return result.join();
    }

    private static Optional<Throwable> result(CompletableFuture<Optional<Throwable>> receiving) {
        try {
            return receiving.get(1, TimeUnit.MINUTES);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("the receiver does not end", e);
        }
    }

    private static Optional<Throwable> failure(Supplier<?> work) {
        try {
            work.get();
            return Optional.empty();
        } catch (RuntimeException | Error e) {
            return Optional.of(e);
        }
    }

    /** Migrates the guest; it runs on the target, and no further link waits. */
    void assertArrives(TestCable first, String after) {
        assertEquals(List.of(), migrate(first), after);
        assertSame(target, assertOneRuns(after), after);
        assertOneRunsAndNothingElseIsLeft(after);
        assertEquals(0, network.orElseThrow().waiting(), after);
    }

    /** Migrates the guest, at which both ends fail; it runs on the source, and no further link waits. */
    List<Throwable> assertStays(TestCable first) {
        List<Throwable> failures = migrate(first);
        assertEquals(2, failures.size(), failures.toString());
        assertSame(source, assertOneRuns(failures.toString()));
        assertOneRunsAndNothingElseIsLeft(failures.toString());
        assertEquals(0, network.orElseThrow().waiting());
        return failures;
    }

    /** The host whose guest runs: exactly one does, under its name, and has in memory what it last wrote. */
    TestHost assertOneRuns(String after) {
        List<TestHost> hosts = Stream.of(source, target).distinct().toList();
        List<DomainInfo> running =
                hosts.stream().flatMap(host -> running(host).stream()).toList();
        assertEquals(1, running.size(), after);
        TestHost there = running(source).isEmpty() ? target : source;
        int domid = running.get(0).domid();
        Domain domain = there.toolstack.find(domid).orElseThrow();
        assertEquals("web", domain.name(), after);
        assertTrue(there.observer.store().directory(0, "/vm/" + ID).contains("name"), after);
        List<TestHost> users = hosts.stream().filter(TwoHosts::hasDisksOpen).toList();
        assertTrue(users.isEmpty() || users.equals(List.of(there)), after);
        assertEquals(hasQemuWithDisks(there, domain), users.contains(there), after);
        assertTrue(hosts.stream().flatMap(TwoHosts::qemus).noneMatch(QemuHandle::hasSharedAnImage), after);
        there.xen.advance(Duration.ofSeconds(1));
        assertEquals(List.of(), there.xen.guest(domid).orElseThrow().lostWrites(), after);
        if (running.get(0).hvm()) {
            assertDoesNotThrow(() -> there.xenctrl.state().enableDirtyLog(domid), after);
            there.xenctrl.state().disableDirtyLog(domid);
        }
        return there;
    }

    private static boolean hasDisksOpen(TestHost host) {
        return qemus(host).anyMatch(QemuHandle::hasDisksOpen);
    }

    /** A QEMU that emulates nothing has only the disks that it serves. */
    private static boolean hasQemuWithDisks(TestHost host, Domain domain) {
        boolean serves = domain.devices().disks().stream()
                .anyMatch(disk -> disk.backPath().contains("/qdisk/"));
        return host.xen.qemu(domain.domid()).isPresent()
                && (serves || domain.status().kind() == DomainStatus.Kind.HVM);
    }

    private static Stream<QemuHandle> qemus(TestHost host) {
        return host.xenctrl.domains().list().stream().flatMap(info -> host.xen.qemu(info.domid()).stream());
    }

    /** A PVH guest with a disk that QEMU serves. */
    static DomainConfig.Builder guestWithQemuDisk(Path directory) {
        try {
            Path image = Files.write(directory.resolve("disk.qcow2"), new byte[4096]);
            return TestHost.guest("web", 17, 17)
                    .disks(List.of(DiskConfig.builder("xvda")
                            .target(image.toString())
                            .format(DiskConfig.Format.QCOW2)
                            .build()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<DomainInfo> running(TestHost host) {
        return host.xenctrl.domains().list().stream()
                .filter(info -> info.handle().equals(ID) && !info.dying() && !info.shutdown() && !info.paused())
                .toList();
    }

    /** As {@link #assertOneRuns}; nothing else is left of the guest on either host. */
    void assertOneRunsAndNothingElseIsLeft(String after) {
        TestHost there = assertOneRuns(after);
        if (there == source) {
            source.assertUnchangedSince(sourceRunning, after);
            target.assertUnchangedSince(targetBefore, after);
        } else {
            source.assertUnchangedSince(sourceBefore, after);
            assertEquals(1, target.toolstack.domains().size() - 1, after);
        }
        assertTrue(source.toolstack.leftovers().find().isEmpty(), after);
        assertTrue(target.toolstack.leftovers().find().isEmpty(), after);
    }

    @Override
    public void close() {
        source.close();
        if (source != target) {
            target.close();
        }
    }
}
