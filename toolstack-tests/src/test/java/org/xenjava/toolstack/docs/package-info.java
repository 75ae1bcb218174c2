// SPDX-License-Identifier: Apache-2.0
/** Checks of the documents: the README's programs compile, its tests pass, and the targets of its links exist. */
@NullMarked
package org.xenjava.toolstack.docs;

import org.jspecify.annotations.NullMarked;
