// SPDX-License-Identifier: Apache-2.0
/** How values are spelt in text that users and xenstore read. */
@NullMarked
package org.xenjava.toolstack.text;

import org.jspecify.annotations.NullMarked;
