// SPDX-License-Identifier: Apache-2.0
/** The shapes of what xlj prints: streams, JSON and charts. Nothing here knows a command. */
@NullMarked
package org.xenjava.toolstack.cli.output;

import org.jspecify.annotations.NullMarked;
