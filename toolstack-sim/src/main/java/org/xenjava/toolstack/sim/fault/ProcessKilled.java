// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

/**
 * The simulated process was killed: thrown by the call at which it died and by every later one, so that nothing it
 * began can be finished or undone. An error, since no code may live on by catching it.
 */
public final class ProcessKilled extends Error {
    private static final long serialVersionUID = 1L;

    ProcessKilled(FaultSite call) {
        super("the process was killed at " + call);
    }
}
