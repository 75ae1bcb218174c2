// SPDX-License-Identifier: Apache-2.0
/**
 * What a caller asks for: a guest's configuration as immutable records, validated when they are made, and the
 * reader of xl.cfg files. Knows nothing of Xen's numbers; the plan does.
 */
@NullMarked
package org.xenjava.toolstack.config;

import org.jspecify.annotations.NullMarked;
