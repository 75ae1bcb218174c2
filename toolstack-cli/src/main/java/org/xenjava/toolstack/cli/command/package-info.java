// SPDX-License-Identifier: Apache-2.0
/** What commands share: the session that they run in, base classes, arguments and exit statuses. */
@NullMarked
package org.xenjava.toolstack.cli.command;

import org.jspecify.annotations.NullMarked;
