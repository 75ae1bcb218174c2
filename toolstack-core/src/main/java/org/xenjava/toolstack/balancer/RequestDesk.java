// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.balance.MemoryRequest;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The balancer's side of the requests in xenstore. Requests of processes that have ended are removed. */
final class RequestDesk {
    private static final int NODES = 3;

    private final StoreClient store;
    private final LeaseHolder holder;
    private final Map<String, Instant> asked = new HashMap<>();
    private final Map<String, String> written = new HashMap<>();

    RequestDesk(StoreClient store, LeaseHolder holder) {
        this.store = store;
        this.holder = holder;
    }

    /** The requests that are waiting or granted. */
    List<MemoryRequest> read(Instant now) {
        List<String> ids = store.list(BalanceNodes.REQUESTS);
        asked.keySet().retainAll(Set.copyOf(ids));
        written.keySet().retainAll(Set.copyOf(ids));
        List<Optional<String>> nodes = store.direct()
                .readAll(ids.stream()
                        .map(BalanceNodes::request)
                        .flatMap(path -> Stream.of(path + "/size-kib", path + "/limit-ms", path + "/answer"))
                        .toList());
        List<MemoryRequest> requests = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            String id = ids.get(i);
            if (!removeIfAbandoned(id)) {
                request(id, nodes.subList(NODES * i, NODES * (i + 1)), now).ifPresent(requests::add);
            }
        }
        return requests;
    }

    private boolean removeIfAbandoned(String id) {
        String path = BalanceNodes.request(id);
        boolean abandoned = holder.lease(path + "/owner").state(store.direct()) == Lease.State.ABANDONED;
        if (abandoned) {
            store.inTransaction(transaction -> {
                transaction.removeWithEmptyParents(path);
                return id;
            });
        }
        return abandoned;
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

    /** Writes the answers that are new; returns those that are final. */
    Set<String> write(Map<String, MemoryAnswer> answers) {
        Set<String> decided = new HashSet<>();
        answers.forEach((id, answer) -> {
            String text = AnswerText.of(answer);
            if (text.equals(written.get(id))) {
                return;
            }
            String path = BalanceNodes.request(id);
            boolean there = store.inTransaction(transaction -> {
                boolean exists = transaction.exists(path + "/size-kib");
                if (exists) {
                    transaction.write(path + "/answer", text);
                }
                return exists;
            });
            written.put(id, text);
            if (there && !(answer instanceof MemoryAnswer.Promised)) {
                decided.add(id);
            }
        });
        return decided;
    }
}
