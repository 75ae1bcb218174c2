// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.SortedMap;
import java.util.TreeMap;

/** The nodes to which a guest has less access here than under libxl, as {@code docs/conformance.md} lists them. */
final class StricterPermissions {
    private StricterPermissions() {}

    /** The tree of a recorded domain with our permissions: nodes by path, each as its value and its permissions. */
    static SortedMap<String, String> in(SortedMap<String, String> recorded) {
        SortedMap<String, String> nodes = new TreeMap<>(recorded);
        nodes.replaceAll((path, node) -> {
            if (path.matches("/local/domain/\\d+/console/backend-id")) {
                return node.replaceAll("\\(n(\\d+),r0\\)", "(n0,r$1)");
            }
            return path.matches("/local/domain/0/backend/console/\\d+/0/online|/vm/[^/]+/start_time")
                    ? node.replaceAll("\\(n0,r\\d+\\)", "(n0)")
                    : node;
        });
        return nodes;
    }
}
