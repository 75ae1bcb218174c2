// SPDX-License-Identifier: Apache-2.0
/**
 * Core dumps of domains in Xen's dump-core format, an ELF file that {@code docs/misc/dump-core-format.txt} of Xen
 * describes. {@link org.xenjava.toolstack.dump.CoreDump} writes the pages that the domain has. The domain must not run
 * meanwhile; the caller pauses it.
 */
@NullMarked
package org.xenjava.toolstack.dump;

import org.jspecify.annotations.NullMarked;
