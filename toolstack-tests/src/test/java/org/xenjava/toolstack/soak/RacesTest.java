// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.junit.SimulatedHost;
import org.xenjava.toolstack.junit.TinyKernel;
import org.xenjava.toolstack.junit.ToolstackProcess;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Interleaving;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * Two processes on one simulated host, with their calls to Xen's libraries interleaved at random. Each round leaves the
 * host as it was. {@code -Dtoolstack.races.rounds=1000} runs more rounds.
 */
@SimulatedHost(freeMemoryMib = 2048)
class RacesTest {
    private static final int ROUNDS = Integer.getInteger("toolstack.races.rounds", 40);
    private static final String NAME = "raced";
    private static final int MOST_LOOKS = 100;

    private XenLibraries observer;
    private ToolstackProcess first;
    private ToolstackProcess second;
    private MachineState before;

    @BeforeEach
    void startTwoProcesses(SimulatedXen xen, ToolstackProcess process) {
        observer = xen.connect();
        first = process;
        second = process.beside();
        before = MachineState.of(observer);
    }

    @AfterEach
    void closeTheObserver() {
        observer.close();
    }

    private static DomainConfig guest() {
        return DomainConfig.builder(NAME)
                .kernel(TinyKernel.file())
                .memoryMib(64)
                .maxMemoryMib(128)
                .build();
    }

    /** With disks on loop devices, of which the host has no others. */
    private static DomainConfig guestWithDisks(Path directory) throws IOException {
        List<DiskConfig> disks = new ArrayList<>();
        for (String name : List.of("xvda", "xvdb")) {
            Path image = Files.write(directory.resolve(name), new byte[512]);
            disks.add(DiskConfig.builder(name).target(image.toString()).build());
        }
        return guest().toBuilder().disks(disks).build();
    }

    private List<Optional<Throwable>> race(int round, Runnable ofFirst, Runnable ofSecond) {
        return Interleaving.run(
                round,
                List.of(
                        new Interleaving.Task(first.faults(), ofFirst),
                        new Interleaving.Task(second.faults(), ofSecond)));
    }

    private static void assertTyped(int round, List<Optional<Throwable>> failures) {
        failures.stream().flatMap(Optional::stream).forEach(failure -> {
            if (!(failure instanceof ToolstackException)) {
                throw new AssertionError("an untyped failure in round " + round, failure);
            }
        });
    }

    private static Domain only(Toolstack toolstack) {
        List<Domain> named = toolstack.domains().stream()
                .filter(domain -> domain.domid() != 0)
                .toList();
        assertEquals(1, named.size(), "domains: " + named);
        return named.get(0);
    }

    private void assertHostIsAsBefore(int round) {
        assertEquals(List.of(), MachineState.of(observer).changesSince(before), "after round " + round);
    }

    @Test
    void exactlyOneOfTwoCreatesOfOneNameSucceeds() {
        for (int round = 0; round < ROUNDS; round++) {
            List<Optional<Throwable>> failures =
                    race(round, () -> first.toolstack().create(guest()), () -> second.toolstack()
                            .create(guest()));
            List<Throwable> failed = failures.stream().flatMap(Optional::stream).toList();
            assertEquals(1, failed.size(), "round " + round + ": " + failures);
            assertTyped(round, failures);
            only(first.toolstack()).destroy();
            assertHostIsAsBefore(round);
        }
    }

    @Test
    void aDestroyThatMeetsACreateLeavesNothingBehind(@TempDir Path directory) throws IOException {
        DomainConfig guest = guestWithDisks(directory);
        for (int round = 0; round < ROUNDS; round++) {
            List<Optional<Throwable>> failures =
                    race(round, () -> first.toolstack().create(guest), this::destroyOnceItIsThere);
            assertTyped(round, failures);
            second.toolstack().find(NAME).ifPresent(Domain::destroy);
            assertHostIsAsBefore(round);
        }
    }

    /** The name appears while the create goes on; a process that looks only once mostly comes too early. */
    private void destroyOnceItIsThere() {
        for (int looks = 0; looks < MOST_LOOKS; looks++) {
            Optional<Domain> found = second.toolstack().find(NAME);
            if (found.isPresent()) {
                found.get().destroy();
                return;
            }
        }
    }
}
