// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.balance.GuestReport;
import org.xenjava.toolstack.resize.Loan;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The nodes in xenstore about a domain's memory.
 *
 * @param name name of the domain
 * @param size target and video RAM
 * @param staticMaximum {@code memory/static-max}
 * @param dynamicMinimum {@code memory/dynamic-min}
 * @param dynamicMaximum {@code memory/dynamic-max}
 * @param nextMaximum the maximum that mem-max has set
 * @param record what the balancer has set
 * @param loan the host's loan to the domain
 * @param nudged whether a guard has lowered the target
 * @param reports what the guest reports
 */
record GuestNodes(
        String name,
        Optional<KiB> size,
        Optional<KiB> staticMaximum,
        Optional<KiB> dynamicMinimum,
        Optional<KiB> dynamicMaximum,
        Optional<KiB> nextMaximum,
        Optional<BalanceRecord> record,
        Optional<Loan> loan,
        boolean nudged,
        GuestReport.Texts reports) {
    private static final int PER_DOMAIN = 15;

    /** Reads the nodes of all domains in one batch. */
    static Map<Integer, GuestNodes> read(StoreClient store, List<DomainInfo> domains) {
        List<Optional<String>> nodes = store.direct()
                .readAll(domains.stream()
                        .flatMap(info -> paths(new DomainPaths(info.domid())))
                        .toList());
        Map<Integer, GuestNodes> found = new HashMap<>();
        for (int i = 0; i < domains.size(); i++) {
            int domid = domains.get(i).domid();
            found.put(domid, of(domid, nodes.subList(PER_DOMAIN * i, PER_DOMAIN * (i + 1))));
        }
        return found;
    }

    private static Stream<String> paths(DomainPaths paths) {
        return Stream.of(
                paths.name(),
                paths.memoryTarget(),
                paths.memoryVideoRam(),
                paths.memoryStaticMax(),
                paths.of("memory/dynamic-min"),
                paths.of("memory/dynamic-max"),
                paths.nextMaximumKib(),
                BalanceNodes.record(paths),
                Loan.path(paths),
                paths.podGuard() + "/nudged",
                paths.of("memory/meminfo"),
                paths.of("data/meminfo_total"),
                paths.of("data/meminfo_free"),
                paths.of("data/psi_memory"),
                paths.of("data/updated"));
    }

    private static GuestNodes of(int domid, List<Optional<String>> at) {
        KiB video = kib(at.get(2)).orElse(KiB.ZERO);
        return new GuestNodes(
                at.get(0).orElse("domain " + domid),
                kib(at.get(1)).map(video::plus),
                kib(at.get(3)),
                kib(at.get(4)),
                kib(at.get(5)),
                kib(at.get(6)),
                at.get(7).flatMap(BalanceRecord::parse),
                at.get(8).flatMap(Loan::parse),
                at.get(9).isPresent(),
                new GuestReport.Texts(at.get(10), at.get(11), at.get(12), at.get(13), at.get(14)));
    }

    /** The largest size that another toolstack or mem-max allows. */
    Optional<KiB> maximum() {
        return Stream.of(dynamicMaximum, nextMaximum)
                .flatMap(Optional::stream)
                .min(Comparator.comparingLong(KiB::value));
    }

    private static Optional<KiB> kib(Optional<String> text) {
        return text.flatMap(StoreTransaction::plausibleKib);
    }
}
