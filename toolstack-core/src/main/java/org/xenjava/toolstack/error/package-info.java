// SPDX-License-Identifier: Apache-2.0
/**
 * The failures of the toolstack, one exception for each kind, in one sealed family. A message says what was attempted
 * on which domain, errno by name where there is one, and what to do; the accessors of {@link
 * org.xenjava.toolstack.error.ToolstackException} give the same to programs. The package contains values only: every
 * package may use it, and it uses only {@code Errno} and the exception that carries it.
 */
@NullMarked
package org.xenjava.toolstack.error;

import org.jspecify.annotations.NullMarked;
