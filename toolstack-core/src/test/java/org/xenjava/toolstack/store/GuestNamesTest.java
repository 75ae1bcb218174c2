// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.FaultInjection;

class GuestNamesTest {
    private static final Map<Integer, UUID> GUESTS = Map.of(1, new UUID(0, 1), 2, new UUID(0, 2));

    private final FaultInjection counted =
            FaultInjection.around(SimulatedXen.create().connect());
    private final StoreTransaction store = new StoreClient(counted.store()).direct();
    private final AtomicLong nanoTime = new AtomicLong();
    private final GuestNames names = new GuestNames(nanoTime::get);

    @BeforeEach
    void writeNames() {
        store.write("/local/domain/1/name", "one");
        store.write("/local/domain/2/name", "two");
    }

    private List<Integer> find(String name) {
        return names.find(store, name, List.of(1, 2, 3), GUESTS);
    }

    private long requestsOf(Runnable work) {
        long before = counted.calls();
        work.run();
        return counted.calls() - before;
    }

    @Test
    void aNameIsFound() {
        assertEquals(List.of(2), find("two"));
        assertEquals(List.of(), find("three"));
    }

    @Test
    void aNameIsReadOnceAndThatOfADomainThatXenDoesNotHaveEachTime() {
        assertEquals(3, requestsOf(() -> find("new")));
        assertEquals(1, requestsOf(() -> find("new")));
    }

    @Test
    void aRememberedNameThatMatchesIsReadAgain() {
        find("new");
        store.write("/local/domain/2/name", "other");
        assertEquals(List.of(), find("two"));
        assertEquals(List.of(2), find("other"));
    }

    @Test
    void aNameIsReadAgainAfterAMinuteOrARename() {
        find("new");
        names.renaming(2, () -> store.write("/local/domain/2/name", "new"));
        assertEquals(List.of(2), find("new"));
        store.write("/local/domain/1/name", "new");
        nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(61));
        assertEquals(List.of(1, 2), find("new"));
    }

    @Test
    void aDomainThatHasTheNumberOfAnotherIsReadAgain() {
        find("new");
        store.write("/local/domain/2/name", "new");
        Map<Integer, UUID> later = Map.of(1, new UUID(0, 1), 2, new UUID(0, 3));
        assertEquals(List.of(2), names.find(store, "new", List.of(1, 2), later));
    }

    @Test
    void aNameThatWasWrittenNeedsNoReading() {
        names.remember(1, new UUID(0, 1), "one");
        names.remember(2, new UUID(0, 2), "two");
        assertEquals(0, requestsOf(() -> names.find(store, "new", List.of(1, 2), GUESTS)));
    }
}
