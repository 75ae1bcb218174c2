// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A decision of the balancer.
 *
 * @param targets new sizes, in the order in which they are to be set: those that shrink come first
 * @param answers answers to the waiting requests, by the request's id
 * @param findings observations about domains
 * @param shares what each domain that takes part should have
 * @param next time until the next look
 */
public record BalanceDecision(
        List<TargetChange> targets,
        Map<String, MemoryAnswer> answers,
        List<BalanceFinding> findings,
        List<GuestShare> shares,
        Duration next) {
    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param targets new sizes, in the order in which they are to be set: those that shrink come first
     * @param answers answers to the waiting requests, by the request's id
     * @param findings observations about domains
     * @param shares what each domain that takes part should have
     * @param next time until the next look
     */
    public BalanceDecision {
        targets = List.copyOf(targets);
        answers = Map.copyOf(answers);
        findings = List.copyOf(findings);
        shares = List.copyOf(shares);
    }
}
