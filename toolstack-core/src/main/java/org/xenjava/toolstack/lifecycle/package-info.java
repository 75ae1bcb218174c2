// SPDX-License-Identifier: Apache-2.0
/**
 * The life of a guest after its build: the action when it stops, and the configuration of its restart. A {@link
 * org.xenjava.toolstack.lifecycle.Supervisor} acts by {@code on_poweroff}, {@code on_reboot} and {@code on_crash}; it
 * has neither thread nor clock. Its state is in xenstore, so another process can continue at any moment.
 */
@NullMarked
package org.xenjava.toolstack.lifecycle;

import org.jspecify.annotations.NullMarked;
