// SPDX-License-Identifier: Apache-2.0
/**
 * How a caller follows a long operation and stops it: listeners, the steps that they are told of, and cancellation.
 */
@NullMarked
package org.xenjava.toolstack.progress;

import org.jspecify.annotations.NullMarked;
