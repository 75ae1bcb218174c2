// SPDX-License-Identifier: Apache-2.0
/**
 * The conversation of the two ends of a migration, byte for byte that of {@code xl migrate} and {@code xl
 * migrate-receive}, over any link. Every wait has a limit.
 */
@NullMarked
package org.xenjava.toolstack.handover;

import org.jspecify.annotations.NullMarked;
