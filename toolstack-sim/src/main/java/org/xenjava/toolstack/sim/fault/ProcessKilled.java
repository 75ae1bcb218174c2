// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

/**
 * Thrown in place of the call at which a simulated process was killed, and of every later call, so that the process
 * cannot finish or undo what it began. The class is an error, so that code that handles exceptions does not catch it.
 */
public final class ProcessKilled extends Error {
    private static final long serialVersionUID = 1L;

    ProcessKilled(FaultSite call) {
        super("the process was killed at " + call);
    }
}
