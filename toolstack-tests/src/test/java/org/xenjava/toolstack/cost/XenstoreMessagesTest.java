// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.pool.GuestPool;
import org.xenjava.toolstack.pool.GuestPoolPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.HaltingKernel;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The messages to xenstored that an operation takes, and the times that it waits for an answer. They are the same on
 * every machine.
 */
class XenstoreMessagesTest {
    private static final int GUESTS = 10;

    @TempDir
    Path dir;

    private final SimulatedXen machine = SimulatedXen.create();
    private final CallCounter counted = new CallCounter(machine.connect());
    private final Toolstack toolstack = Toolstack.options().open(machine.host(counted.libraries()));
    private final List<Domain> domains = new ArrayList<>();
    private Path kernel;

    /** Messages and waits. */
    private record Messages(long requests, long roundTrips) {}

    @BeforeEach
    void writeKernel() throws IOException {
        kernel = Files.write(dir.resolve("kernel"), HaltingKernel.elf());
    }

    @AfterEach
    void close() {
        toolstack.close();
    }

    private Domain create(String name, long memoryMib, long maxMemoryMib) {
        Domain domain = toolstack.create(DomainConfig.builder(name)
                .kernel(kernel)
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib)
                .build());
        domains.add(domain);
        return domain;
    }

    private void createGuests() {
        for (int i = 0; i < GUESTS; i++) {
            create("guest-" + i, 8, 16);
        }
    }

    private Messages of(Supplier<?> operation) {
        long requests = counted.storeRequests();
        long roundTrips = counted.storeRoundTrips();
        operation.get();
        return new Messages(counted.storeRequests() - requests, counted.storeRoundTrips() - roundTrips);
    }

    private Messages of(Runnable operation) {
        return of(() -> {
            operation.run();
            return 0;
        });
    }

    @Test
    void aCreateTakesAsManyMessagesWhenManyGuestsLiveAsWhenOneDoes() {
        create("first", 8, 16);
        Messages second = of(() -> create("second", 256, 512));
        createGuests();
        Messages last = of(() -> create("last", 256, 512));
        assertEquals(new Messages(60, 7), second);
        assertEquals(second, last);
    }

    @Test
    void aCreateFromThePoolTakesOneMessageMoreForTheRecordOfThePreparation() throws InterruptedException {
        create("first", 256, 512);
        long free = toolstack.host().freeMemory().toKiB().toMiB();
        // The reserve keeps the pool from sending messages for the next one.
        GuestPoolPolicy one = GuestPoolPolicy.of(1).withReserve(KiB.ofMiB(free - 300));
        DomainConfig like = DomainConfig.builder("like")
                .kernel(kernel)
                .memoryMib(256)
                .maxMemoryMib(512)
                .build();
        try (GuestPool pool = toolstack.pool(like, one)) {
            assertTrue(pool.awaitFull(Duration.ofMinutes(1)));
            assertEquals(new Messages(61, 8), of(() -> create("second", 256, 512)));
        }
    }

    @Test
    void aDestroyTakesNoMessagesForOtherGuests() {
        create("first", 8, 16);
        Messages alone = of(() -> create("second", 8, 16).destroy());
        createGuests();
        Messages among = of(() -> create("last", 8, 16).destroy());
        assertEquals(alone, among);
        Messages destroy = of(domains.get(0)::destroy);
        assertEquals(new Messages(18, 9), destroy);
    }

    @Test
    void aListTakesOneMessageForEachDomainAndWaitsOnce() {
        createGuests();
        assertEquals(new Messages(GUESTS + 1, 1), of(toolstack::statuses));
    }

    @Test
    @Timeout(60)
    void aRepeatedListTakesNoMessageUntilANameChanges() {
        createGuests();
        Messages reads = new Messages(GUESTS + 1, 1);
        assertEquals(reads, of(toolstack::statuses));
        // Watches, then reads.
        assertEquals(new Messages(2 * (GUESTS + 1), 2), of(toolstack::statuses));
        // Each new watch reports once that the name may have changed.
        until(() -> of(toolstack::statuses).equals(new Messages(0, 0)));

        domains.get(0).rename("ours");
        assertEquals(1, named("ours"));
        try (Toolstack other = Toolstack.options().open(machine.host(machine.connect()))) {
            other.find("guest-1").orElseThrow().rename("theirs");
        }
        until(() -> named("theirs") == 1);
        until(() -> of(toolstack::statuses).equals(new Messages(0, 0)));
    }

    private static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private long named(String name) {
        return toolstack.statuses().stream()
                .filter(status -> status.name().equals(name))
                .count();
    }

    @Test
    void aPodCheckTakesOneMessageForEachGuestAndWaitsOnce() {
        createGuests();
        List<ToolstackException> failures = new ArrayList<>();
        assertEquals(new Messages(GUESTS, 1), of(() -> toolstack.podStatuses(failures::add)));
        assertEquals(List.of(), failures);
    }

    @Test
    void aPodReportWaitsOnce() {
        createGuests();
        assertEquals(new Messages(4, 1), of(() -> domains.get(0).pod().report()));
    }

    @Test
    void aRoundOfTheGuardTakesOneMessageForEachGuestAndWaitsOnce() {
        createGuests();
        PodGuard guard = toolstack.newGuard(GuardPolicy.standard(), GuardScope.ALL, GuardListener.NONE);
        Instant start = Instant.EPOCH;
        guard.tick(start);
        assertEquals(new Messages(GUESTS, 1), of(() -> guard.tick(start.plusSeconds(20))));
    }
}
