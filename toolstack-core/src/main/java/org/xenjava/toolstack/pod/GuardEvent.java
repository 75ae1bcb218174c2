// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;

/**
 * A change of a domain's state, or the attachment or detachment of a monitor; in the second case both states are
 * equal.
 *
 * @param domid number of the domain
 * @param name name of the domain in xenstore; empty if it has none
 * @param from the state before
 * @param to the state after
 * @param debtPages entries without a page at the last reading; negative for a surplus
 * @param coveredPages pages that the host has lent the domain and not got back
 * @param inspection whether a monitor is attached to the domain
 * @param refusal the reason for which the guard could not cover the debt; present in {@link GuardState#GAVE_UP}
 * @param remedy the administrator's remedy; present while the domain is short
 */
public record GuardEvent(
        int domid,
        String name,
        GuardState from,
        GuardState to,
        long debtPages,
        long coveredPages,
        GuardStatus.Inspection inspection,
        Optional<String> refusal,
        Optional<PodRemedy> remedy) {}
