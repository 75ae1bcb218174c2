// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A mem-set as facts: what Xen and the guest were told, and in which order. */
final class MemSetSummary {
    /** The nodes that are written, and what to call them. */
    private static final Map<String, String> NODES = Map.of(
            "target", "memory/target",
            "static-max", "memory/static-max",
            "memory", "/vm/UUID/memory",
            "resizing", "resizing",
            "pod-backed-kib", "pod-backed-kib");

    private final Facts facts = new Facts();
    private final List<String> order = new ArrayList<>();

    private MemSetSummary() {}

    static Facts of(List<Call> calls) {
        MemSetSummary summary = new MemSetSummary();
        calls.forEach(summary::take);
        summary.facts.add("order", String.join(", ", summary.order));
        return summary.facts;
    }

    private void take(Call call) {
        if (call instanceof Call.Hypercall hypercall) {
            take(hypercall);
        } else if (call instanceof Call.Store store && store.operation().equals("write")) {
            String name = NODES.get(store.path().substring(store.path().lastIndexOf('/') + 1));
            order.add(name);
            facts.add(name, store.value());
        }
    }

    private void take(Call.Hypercall call) {
        switch (call.operation()) {
            case "max_mem" -> {
                order.add("max_mem");
                facts.add("max_mem", call.text("max_memkb"));
            }
            case "set_pod_target" -> {
                order.add("set_pod_target");
                facts.add("set_pod_target", call.text("target_pages"));
            }
            case "claim_pages" -> order.add(call.number("nr_extents") == 0 ? "claim_pages 0" : "claim_pages");
            default -> {
                // Questions.
            }
        }
    }
}
