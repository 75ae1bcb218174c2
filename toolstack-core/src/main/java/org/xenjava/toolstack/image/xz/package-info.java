// SPDX-License-Identifier: Apache-2.0
/**
 * Decodes xz data into one flat buffer, which serves as the dictionary. A library's decoder keeps the dictionary in an
 * array, 128 MiB since Linux 6.12; here the buffer may be a mapped file, so that the heap holds some kilobytes. Only
 * the form in which Linux's build packs kernels is decoded.
 */
@NullMarked
package org.xenjava.toolstack.image.xz;

import org.jspecify.annotations.NullMarked;
