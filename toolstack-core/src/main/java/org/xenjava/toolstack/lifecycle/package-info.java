// SPDX-License-Identifier: Apache-2.0
/**
 * The life of a guest after its build: what becomes of it when it stops, and what it is built from when it starts
 * again. A {@link org.xenjava.toolstack.lifecycle.Supervisor} acts by {@code on_poweroff}, {@code on_reboot} and
 * {@code on_crash}; it has neither thread nor clock. Whatever it needs to know is in xenstore, so that another
 * process can go on at any moment.
 */
@NullMarked
package org.xenjava.toolstack.lifecycle;

import org.jspecify.annotations.NullMarked;
