// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** Reads the counters and the guard's record of a domain. */
final class DomainReader {
    private final Xenctrl xenctrl;
    private final StoreClient store;

    DomainReader(Xenctrl xenctrl, StoreClient store) {
        this.xenctrl = xenctrl;
        this.store = store;
    }

    /**
     * The nodes of a domain in xenstore.
     *
     * @param target {@code memory/target}; empty if there is none, or if it was not asked for and there is no record
     */
    record StoreNodes(Optional<KiB> target, GuardRecord notes) {}

    /**
     * Reads the nodes of domains: one request for each, all sent in one go, and more for a domain with a record.
     *
     * @param withTarget the domains whose target is wanted even if they have no record, for one request more
     */
    Map<Integer, StoreNodes> nodes(List<Integer> domids, IntPredicate withTarget) {
        List<String> wanted = domids.stream()
                .map(DomainPaths::new)
                .flatMap(paths -> withTarget.test(paths.domid())
                        ? Stream.of(paths.podGuard(), paths.memoryTarget())
                        : Stream.of(paths.podGuard()))
                .toList();
        List<Optional<String>> values = store.direct().readAll(wanted);
        Map<String, String> nodes = new HashMap<>();
        for (int i = 0; i < wanted.size(); i++) {
            String path = wanted.get(i);
            values.get(i).ifPresent(value -> nodes.put(path, value));
        }
        Map<Integer, StoreNodes> found = new HashMap<>();
        domids.forEach(domid -> found.put(domid, nodes(new DomainPaths(domid), nodes)));
        return found;
    }

    private StoreNodes nodes(DomainPaths paths, Map<String, String> nodes) {
        if (nodes.containsKey(paths.podGuard())) {
            StoreTransaction direct = store.direct();
            return new StoreNodes(direct.readPlausibleKib(paths.memoryTarget()), GuardRecord.read(direct, paths));
        }
        Optional<String> target = Optional.ofNullable(nodes.get(paths.memoryTarget()));
        return new StoreNodes(target.flatMap(StoreTransaction::plausibleKib), GuardRecord.NONE);
    }

    /** Reads a domain; empty if it is dead or dying, because its counters then have no meaning. */
    Optional<GuardReading> read(int domid, UUID handle) {
        return read(
                domid,
                handle,
                () -> Objects.requireNonNull(nodes(List.of(domid), any -> true).get(domid)));
    }

    /**
     * Reads a domain whose nodes may have been read before.
     *
     * @param nodes called once, after the counters were read and if the domain is alive
     */
    Optional<GuardReading> read(int domid, UUID handle, Supplier<StoreNodes> nodes) {
        PodCounters counters;
        boolean monitored;
        try {
            counters = xenctrl.memory().podTarget(domid);
            monitored = xenctrl.domains().monitorAttached(domid);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ESRCH)) {
                return Optional.empty();
            }
            throw e;
        }
        return xenctrl.domains()
                .info(domid)
                .filter(found -> !found.dying() && found.handle().equals(handle))
                .map(alive -> reading(counters, alive, monitored, nodes.get()));
    }

    private static GuardReading reading(PodCounters counters, DomainInfo alive, boolean monitored, StoreNodes nodes) {
        return new GuardReading(
                counters,
                alive.maxPages(),
                !alive.paused() && !alive.shutdown(),
                monitored,
                nodes.target(),
                nodes.notes());
    }
}
