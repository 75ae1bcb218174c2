// SPDX-License-Identifier: Apache-2.0
/**
 * {@code xlj}: xl's verbs and habits on top of the toolstack. One class per command; each parses its arguments, asks
 * {@link org.xenjava.toolstack.Toolstack} and prints, so there is nothing here that a program could not do with the
 * library. Only this room prints and ends the process, and only {@link org.xenjava.toolstack.cli.Xlj} does the latter.
 */
@NullMarked
package org.xenjava.toolstack.cli;

import org.jspecify.annotations.NullMarked;
