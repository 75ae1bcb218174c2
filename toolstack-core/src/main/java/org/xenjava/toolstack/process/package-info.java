// SPDX-License-Identifier: Apache-2.0
/**
 * Processes as notes in xenstore name them, so that any process can tell whether the one that signed a note still
 * runs.
 */
@NullMarked
package org.xenjava.toolstack.process;

import org.jspecify.annotations.NullMarked;
