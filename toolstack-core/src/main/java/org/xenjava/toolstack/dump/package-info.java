// SPDX-License-Identifier: Apache-2.0
/**
 * A domain's memory in a file: Xen's dump-core format, an ELF file of format version 1 as {@code
 * docs/misc/dump-core-format.txt} of Xen describes it. A {@link org.xenjava.toolstack.dump.CoreDump} reads the pages
 * that are there and leaves out those that are not; what lies where in the file is its own class. The domain has to be
 * stopped meanwhile, and its owner sees to that.
 */
@NullMarked
package org.xenjava.toolstack.dump;

import org.jspecify.annotations.NullMarked;
