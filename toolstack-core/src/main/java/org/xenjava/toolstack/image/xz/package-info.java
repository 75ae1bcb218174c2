// SPDX-License-Identifier: Apache-2.0
/**
 * Decodes xz data into one flat buffer, which serves as the dictionary. A library's decoder keeps the dictionary, 128
 * MiB since Linux 6.12, in an array. Here the buffer may be a mapped file, so the heap holds only some kilobytes. The
 * decoder reads only the form in which Linux's build compresses kernels.
 */
@NullMarked
package org.xenjava.toolstack.image.xz;

import org.jspecify.annotations.NullMarked;
