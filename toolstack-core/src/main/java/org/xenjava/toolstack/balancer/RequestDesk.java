// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.balance.MemoryRequest;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The balancer's side of the requests in xenstore. Requests of processes that have ended are removed. */
final class RequestDesk {
    private static final int NODES = 3;

    /** A promise is written again if its time differs by more than this part. */
    private static final long MATERIAL_PARTS = 4;

    private static final Duration LEAST_DIFFERENCE = Duration.ofSeconds(1);

    private final StoreClient store;
    private final LeaseHolder holder;
    private final Map<String, Instant> asked = new HashMap<>();
    private final Map<String, List<Optional<String>>> seen = new HashMap<>();
    private final Set<String> abandoned = new HashSet<>();

    RequestDesk(StoreClient store, LeaseHolder holder) {
        this.store = store;
        this.holder = holder;
    }

    /** The requests that are waiting or granted, without those of processes that have ended. */
    List<MemoryRequest> read(Instant now) {
        List<String> ids = store.list(BalanceNodes.REQUESTS);
        asked.keySet().retainAll(Set.copyOf(ids));
        seen.clear();
        abandoned.clear();
        List<Optional<String>> nodes =
                store.direct().readAll(ids.stream().flatMap(RequestDesk::paths).toList());
        List<MemoryRequest> requests = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            String id = ids.get(i);
            if (isAbandoned(store.direct(), id)) {
                abandoned.add(id);
            } else {
                seen.put(id, nodes.subList(NODES * i, NODES * (i + 1)));
                request(id, nodes.subList(NODES * i, NODES * (i + 1)), now).ifPresent(requests::add);
            }
        }
        return requests;
    }

    private static Stream<String> paths(String id) {
        String path = BalanceNodes.request(id);
        return Stream.of(path + "/size-kib", path + "/limit-ms", path + "/answer");
    }

    private boolean isAbandoned(StoreTransaction transaction, String id) {
        return holder.lease(BalanceNodes.request(id) + "/owner").state(transaction) == Lease.State.ABANDONED;
    }

    /** Removes the requests of the last look whose processes have ended. */
    void removeAbandoned() {
        for (String id : abandoned) {
            store.inTransaction(transaction -> {
                boolean still = isAbandoned(transaction, id);
                if (still) {
                    transaction.removeWithEmptyParents(BalanceNodes.request(id));
                }
                return still;
            });
        }
    }

    private Optional<MemoryRequest> request(String id, List<Optional<String>> nodes, Instant now) {
        Optional<Long> size = nodes.get(0).flatMap(AnswerText::number);
        Optional<Long> limit = nodes.get(1).flatMap(AnswerText::number);
        Optional<MemoryAnswer> answer = nodes.get(2).flatMap(AnswerText::parse);
        if (size.isEmpty()
                || limit.isEmpty()
                || answer.filter(MemoryAnswer.Refused.class::isInstance).isPresent()) {
            return Optional.empty();
        }
        // Every look writes an answer: a request without one is new, also if it has the id of an older one.
        if (answer.isEmpty()) {
            asked.remove(id);
        }
        Instant since = asked.computeIfAbsent(id, key -> now);
        return Optional.of(new MemoryRequest(
                id,
                KiB.of(size.get()).toPages().count(),
                since,
                since.plus(Duration.ofMillis(limit.get())),
                answer.filter(MemoryAnswer.Granted.class::isInstance).isPresent()
                        ? MemoryRequest.State.GRANTED
                        : MemoryRequest.State.WAITING));
    }

    /** Writes the answers that are new, unless the request has changed since the look; returns those that are final. */
    Set<String> write(Map<String, MemoryAnswer> answers) {
        Set<String> decided = new HashSet<>();
        answers.forEach((id, answer) -> {
            List<Optional<String>> nodes = Objects.requireNonNull(seen.get(id));
            boolean written = isNews(nodes.get(2).flatMap(AnswerText::parse), answer)
                    && store.inTransaction(transaction -> {
                        boolean same = transaction.readAll(paths(id).toList()).equals(nodes);
                        if (same) {
                            transaction.write(BalanceNodes.request(id) + "/answer", AnswerText.of(answer));
                        }
                        return same;
                    });
            if (written && !(answer instanceof MemoryAnswer.Promised)) {
                decided.add(id);
            }
        });
        return decided;
    }

    /** Each change of a node wakes the balancer and the asker: a promise is repeated only if it differs much. */
    private static boolean isNews(Optional<MemoryAnswer> before, MemoryAnswer answer) {
        if (!(answer instanceof MemoryAnswer.Promised now)
                || before.isEmpty()
                || !(before.get() instanceof MemoryAnswer.Promised then)) {
            return !before.equals(Optional.of(answer));
        }
        Duration difference = now.within().minus(then.within()).abs();
        return difference.compareTo(LEAST_DIFFERENCE) >= 0
                && difference.compareTo(then.within().dividedBy(MATERIAL_PARTS)) > 0;
    }
}
