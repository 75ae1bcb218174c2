// SPDX-License-Identifier: Apache-2.0
/**
 * Room for guests: whether the host has enough free memory for a new guest, and how domain 0 gives some up and gets it
 * back.
 */
@NullMarked
package org.xenjava.toolstack.room;

import org.jspecify.annotations.NullMarked;
