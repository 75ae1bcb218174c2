// SPDX-License-Identifier: Apache-2.0
/**
 * The libraries of a real Xen host, through JNA's direct mapping. The only place in the project that loads native
 * code; when a library, the driver or a privilege is missing, the exception says what to install or do. Opening
 * allocates nothing that closing does not free.
 *
 * <p>{@code Lib*} are the C functions with their own names and C's types ({@code long} for pointers and {@code
 * size_t}: every machine that Xen's tools run on here has 64 bits; {@code byte} for {@code _Bool}, whose upper
 * register bits are undefined); {@code Jna*} implement {@code .lib} on them.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl.lib.jna;

import org.jspecify.annotations.NullMarked;
