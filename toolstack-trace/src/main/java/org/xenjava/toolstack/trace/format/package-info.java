// SPDX-License-Identifier: Apache-2.0
/**
 * The lines of a trace: a call with its arguments and answer as JSON, memory as hex text, xenstore values, and the
 * redaction of secrets. The package makes no call and opens no file.
 */
@NullMarked
package org.xenjava.toolstack.trace.format;

import org.jspecify.annotations.NullMarked;
