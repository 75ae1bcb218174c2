// SPDX-License-Identifier: Apache-2.0
/**
 * The machinery of long operations: a recipe of typed steps that is run in order and undone backwards ({@link
 * org.xenjava.toolstack.operation.StepRunner}), undo on failure ({@link org.xenjava.toolstack.operation.Undo}) and
 * cancellation. The package contains no operation; each operation has an enum of its own steps.
 */
@NullMarked
package org.xenjava.toolstack.operation;

import org.jspecify.annotations.NullMarked;
