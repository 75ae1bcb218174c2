// SPDX-License-Identifier: Apache-2.0
/**
 * Reads kernels, ramdisks and firmware from files, and caches unpacked and parsed content for the next build.
 *
 * <p>Files are read with {@code pread}, in pieces, and never mapped. A mapped file that is truncated while it is
 * copied raises SIGBUS, which ends the copy with an {@code InternalError} or ends the process. A short read is a
 * {@link org.xenjava.toolstack.error.KernelImageException}. A read into a mapping of guest memory is one copy, as
 * copying from a mapped file would be, and nothing stays mapped afterwards.
 */
@NullMarked
package org.xenjava.toolstack.imagefile;

import org.jspecify.annotations.NullMarked;
