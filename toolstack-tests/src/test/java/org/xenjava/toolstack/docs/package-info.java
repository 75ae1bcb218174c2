// SPDX-License-Identifier: Apache-2.0
/** What the documents claim, checked: the README's program compiles, and what it links to exists. */
@NullMarked
package org.xenjava.toolstack.docs;

import org.jspecify.annotations.NullMarked;
