// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.util.List;

/** The answer to a {@link MemoryRequest}. */
public sealed interface MemoryAnswer {
    /** The memory is free and is kept for the request. */
    record Granted() implements MemoryAnswer {}

    /**
     * Guests are giving the memory up. A later look grants or refuses the request.
     *
     * @param within time after which the memory is expected
     * @param donors guests that give it
     */
    record Promised(Duration within, List<Donation> donors) implements MemoryAnswer {
        /**
         * Copies the list, so that the record is immutable.
         *
         * @param within time after which the memory is expected
         * @param donors guests that give it
         */
        public Promised {
            donors = List.copyOf(donors);
        }
    }

    /**
     * The memory cannot be had.
     *
     * @param reason the reason, with numbers
     */
    record Refused(String reason) implements MemoryAnswer {}

    /**
     * A part of a promise.
     *
     * @param domid number of the domain that gives memory up
     * @param pages pages that it gives up
     */
    record Donation(int domid, long pages) {}
}
