// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import org.xenjava.toolstack.balance.BalanceDecision;
import org.xenjava.toolstack.balance.HostSnapshot;

/**
 * A look of a balancer at the host, and its decision.
 *
 * @param snapshot the host
 * @param decision the decision
 */
public record BalanceView(HostSnapshot snapshot, BalanceDecision decision) {}
