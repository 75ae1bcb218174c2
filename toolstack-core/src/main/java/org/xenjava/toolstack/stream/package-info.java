// SPDX-License-Identifier: Apache-2.0
/**
 * The format of a saved or migrating domain: xl's header with the configuration, libxl's stream (version 2) and, inside
 * it, libxc's stream (version 3; version 2 is read). {@link org.xenjava.toolstack.stream.SaveStreamReader} and {@link
 * org.xenjava.toolstack.stream.SaveStreamWriter} work on channels with bounded memory, and know no Xen. Facts are from
 * {@code docs/specs/libxc-migration-stream.pandoc} and {@code libxl-migration-stream.pandoc} of Xen, which are the same
 * from Xen 4.14 to 4.22.
 */
@NullMarked
package org.xenjava.toolstack.stream;

import org.jspecify.annotations.NullMarked;
