// SPDX-License-Identifier: Apache-2.0
/**
 * The cost of the guard: hypercalls, requests to xenstored and CPU time in a minute of a host's life, beside a program
 * that simply asks every second. Counted on simulated hosts of up to a thousand guests, where a minute takes no minute;
 * nothing here is a test, since a time that is measured may not fail one. {@code toolstack-tests/guard-cost} runs it
 * and puts the table into {@code docs/pod-guard.md}.
 */
@NullMarked
package org.xenjava.toolstack.cost;

import org.jspecify.annotations.NullMarked;
