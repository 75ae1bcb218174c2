// SPDX-License-Identifier: Apache-2.0
/** Shared parts of commands: their session, base classes, arguments and exit statuses. */
@NullMarked
package org.xenjava.toolstack.cli.command;

import org.jspecify.annotations.NullMarked;
