// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Instant;
import java.util.List;

/**
 * One look at the memory of a host. All amounts are pages of 4 KiB.
 *
 * @param time time of the look
 * @param freePages free pages that no domain has claimed
 * @param scrubPages freed pages that Xen has yet to clean; they count for decisions, and are given to nobody
 * @param guests the domains
 * @param requests requests for memory
 */
public record HostSnapshot(
        Instant time, long freePages, long scrubPages, List<GuestSnapshot> guests, List<MemoryRequest> requests) {
    /**
     * Copies the lists, so that the record is immutable.
     *
     * @param time time of the look
     * @param freePages free pages that no domain has claimed
     * @param scrubPages freed pages that Xen has yet to clean
     * @param guests the domains
     * @param requests requests for memory
     */
    public HostSnapshot {
        guests = List.copyOf(guests);
        requests = List.copyOf(requests);
    }
}
