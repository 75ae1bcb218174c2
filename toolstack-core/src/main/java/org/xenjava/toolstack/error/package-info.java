// SPDX-License-Identifier: Apache-2.0
/**
 * Everything that can fail, one exception per thing, in one sealed family. A message says what was attempted on
 * which domain, errno by name where there is one, and what to do; the accessors of
 * {@link org.xenjava.toolstack.error.ToolstackException} say the same to programs. Values only: every package may use
 * this one, and it uses nothing but {@code Errno} and the exception that carries it.
 */
@NullMarked
package org.xenjava.toolstack.error;

import org.jspecify.annotations.NullMarked;
