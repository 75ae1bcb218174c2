// SPDX-License-Identifier: Apache-2.0
/** What the documents claim, checked: the README's programs compile, its tests pass, and what it links to exists. */
@NullMarked
package org.xenjava.toolstack.docs;

import org.jspecify.annotations.NullMarked;
