// SPDX-License-Identifier: Apache-2.0
/**
 * Everything that can fail, one exception per thing, in one sealed family. A message says what was attempted on
 * which domain, errno by name where there is one, and what to do. The leaf of the house: it uses nothing, and every
 * room may use it.
 */
@NullMarked
package org.xenjava.toolstack.error;

import org.jspecify.annotations.NullMarked;
