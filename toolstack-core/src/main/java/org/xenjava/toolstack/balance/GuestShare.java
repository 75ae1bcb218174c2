// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

/**
 * The share of a domain by the policy.
 *
 * @param domid number of the domain
 * @param demandPages what the domain needs
 * @param sharePages what the rule gives it; the target follows unless the difference is small
 */
public record GuestShare(int domid, long demandPages, long sharePages) {}
