// SPDX-License-Identifier: Apache-2.0
/**
 * A client of xenstored that speaks its wire protocol (public header {@code io/xs_wire.h}) over any transport: the
 * daemon's socket, or the simulated daemon in the same process. One connection serves many threads, requests do not
 * wait for each other's answers, and a lost connection is replaced. Messages and their codec are public for the
 * simulated daemon.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl.lib.wire;

import org.jspecify.annotations.NullMarked;
