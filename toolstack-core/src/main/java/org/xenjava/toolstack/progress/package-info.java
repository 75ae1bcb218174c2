// SPDX-License-Identifier: Apache-2.0
/**
 * The progress of long operations: listeners, the steps that are reported to them, and cancellation.
 */
@NullMarked
package org.xenjava.toolstack.progress;

import org.jspecify.annotations.NullMarked;
