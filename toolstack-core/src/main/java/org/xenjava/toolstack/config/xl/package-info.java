// SPDX-License-Identifier: Apache-2.0
/**
 * The language of xl.cfg(5): a reader that turns a file into a {@link org.xenjava.toolstack.config.DomainConfig}, and a
 * writer that does the reverse. The reader consists of a lexer, a parser, a table of keys, and one interpreter for each
 * section of a file.
 */
@NullMarked
package org.xenjava.toolstack.config.xl;

import org.jspecify.annotations.NullMarked;
