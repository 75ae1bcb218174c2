// SPDX-License-Identifier: Apache-2.0
/**
 * The program {@code xlj}: its global options, the table of commands, and the translation of failures to messages and
 * exit statuses. The commands are in the packages below, one for each group.
 */
@NullMarked
package org.xenjava.toolstack.cli;

import org.jspecify.annotations.NullMarked;
