// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

/** The state of a guest that has been received. */
public enum ReceivedStart {
    /** The guest runs. */
    RUNNING,
    /** The guest stays paused. */
    PAUSED
}
