// SPDX-License-Identifier: Apache-2.0
/**
 * Records everything that crosses the library interfaces to JSON lines, and replays a recording, failing at the
 * first call or byte that differs. One set of adapters serves both: each turns a call into a request and hands it
 * to a tape, which either makes the call and writes it down or looks it up. The file format is described in {@code
 * docs/trace-format.md}.
 */
@NullMarked
package org.xenjava.toolstack.trace;

import org.jspecify.annotations.NullMarked;
