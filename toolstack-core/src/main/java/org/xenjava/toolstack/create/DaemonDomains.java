// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.store.StoreClient;

/** The domains that xenstored and xenconsoled run in. They cannot move while the host runs, so they are read once. */
final class DaemonDomains {
    /** Numbers from 0x7FF0 on stand for no domain. */
    private static final int MAX_DOMID = 0x7FEF;

    private final StoreClient store;
    private Optional<List<Integer>> domids = Optional.empty();

    DaemonDomains(StoreClient store) {
        this.store = store;
    }

    int xenstored() {
        return domids().get(0);
    }

    int xenconsoled() {
        return domids().get(1);
    }

    private synchronized List<Integer> domids() {
        if (domids.isEmpty()) {
            domids = Optional.of(
                    store.direct().readAll(List.of("/tool/xenstored/domid", "/tool/xenconsoled/domid")).stream()
                            .map(DaemonDomains::domid)
                            .toList());
        }
        return domids.get();
    }

    /** A daemon that runs in a domain of its own says so in xenstore. */
    private static int domid(Optional<String> node) {
        return node.filter(text -> text.matches("\\d{1,5}"))
                .map(Integer::valueOf)
                .filter(domid -> domid <= MAX_DOMID)
                .orElse(0);
    }
}
