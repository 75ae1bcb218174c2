// SPDX-License-Identifier: Apache-2.0
/**
 * What a caller asks for: a guest's configuration as immutable records, validated when they are made. The reader and
 * the writer of xl.cfg files: a lexer, a parser, a table of xl's keys, and an interpreter that gives them xl's meaning.
 * Knows nothing of Xen's numbers; the plan does.
 */
@NullMarked
package org.xenjava.toolstack.config;

import org.jspecify.annotations.NullMarked;
