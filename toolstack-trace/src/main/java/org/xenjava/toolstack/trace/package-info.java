// SPDX-License-Identifier: Apache-2.0
/**
 * Recording and replay of everything that crosses the library interfaces. {@link org.xenjava.toolstack.trace.Recorder}
 * writes each call and its answer to a file of JSON lines; {@link org.xenjava.toolstack.trace.Replay} answers from such a
 * file and fails at the first call or byte that differs. {@code docs/trace-format.md} describes the file.
 */
@NullMarked
package org.xenjava.toolstack.trace;

import org.jspecify.annotations.NullMarked;
