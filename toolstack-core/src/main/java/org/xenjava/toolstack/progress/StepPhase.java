// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

/** The progress of a step of an operation. */
public enum StepPhase {
    /** The step begins. */
    STARTED,
    /** The step succeeded. */
    DONE,
    /** The operation failed or was cancelled, and the effects of this step were removed. */
    UNDONE
}
