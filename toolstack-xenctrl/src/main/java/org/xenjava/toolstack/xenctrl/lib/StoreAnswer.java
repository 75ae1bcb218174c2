// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.List;

/** The answer to a {@link StoreRequest}. */
public sealed interface StoreAnswer {
    /**
     * A node's value.
     *
     * @param bytes the value
     */
    record Value(byte[] bytes) implements StoreAnswer {}

    /**
     * The names of a node's children.
     *
     * @param names the names, not paths
     */
    record Names(List<String> names) implements StoreAnswer {
        /**
         * Copies the list, so that the record is immutable.
         *
         * @param names the names, not paths
         */
        public Names {
            names = List.copyOf(names);
        }
    }

    /** The request was carried out; there is nothing to return. */
    record Done() implements StoreAnswer {}

    /**
     * xenstored refused the request, or the connection was lost before the answer came (EPIPE).
     *
     * @param failure the function and errno
     */
    record Refused(XenLibException failure) implements StoreAnswer {}
}
