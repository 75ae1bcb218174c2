// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Instant;

/**
 * A request for memory, usually for a domain to be built.
 *
 * @param id distinguishes requests
 * @param pages pages asked for
 * @param asked time of the request; older requests come first
 * @param deadline time at which an unfulfilled request is refused
 * @param state whether the memory was granted
 */
public record MemoryRequest(String id, long pages, Instant asked, Instant deadline, State state) {
    /** The state of a request. */
    public enum State {
        /** The request has no final answer. */
        WAITING,
        /** The memory is kept for the request and not yet in use. */
        GRANTED
    }
}
