// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import org.xenjava.toolstack.balance.BalancePolicy;
import org.xenjava.toolstack.pod.GuardScope;

/**
 * The policy of a balancer, and its domains.
 *
 * @param policy the policy
 * @param scope chooses the guests that take part; the others keep their sizes
 */
public record BalanceSettings(BalancePolicy policy, GuardScope scope) {}
