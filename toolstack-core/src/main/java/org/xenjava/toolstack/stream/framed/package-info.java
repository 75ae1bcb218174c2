// SPDX-License-Identifier: Apache-2.0
/**
 * The codec of the migration protocol between two ends of this library: frames with checksums, markers for pages of zeroes,
 * optional compression, and the negotiation in the header of xl's stream. {@code docs/migration-protocol.md} specifies the
 * bytes. The package works on channels with bounded memory.
 */
@NullMarked
package org.xenjava.toolstack.stream.framed;

import org.jspecify.annotations.NullMarked;
