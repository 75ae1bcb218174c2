// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;

/**
 * A domain has passed from one state to another; or a monitor was attached to it or detached, and the states are the
 * same.
 *
 * @param domid the domain
 * @param name its name in xenstore; empty if it has none
 * @param from the state before
 * @param to the state now
 * @param debtPages entries without a page at the last reading; negative for a surplus
 * @param coveredPages pages of the host that the guard has lent it and not got back
 * @param inspection whether a monitor is attached to the domain
 * @param refusal why the guard could not cover the debt; present in {@link GuardState#GAVE_UP}
 * @param remedy what an administrator can do; present while the domain is short
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
