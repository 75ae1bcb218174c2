// SPDX-License-Identifier: Apache-2.0
/** The notation of values in text for users and xenstore. */
@NullMarked
package org.xenjava.toolstack.text;

import org.jspecify.annotations.NullMarked;
