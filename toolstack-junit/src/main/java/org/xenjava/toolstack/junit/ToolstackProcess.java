// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.sim.fault.FaultInjection;

/**
 * A process on the simulated host, with a toolstack of its own. Others can tell whether it still runs, as on a real
 * host: what it was building when a fault killed it is cleaned up by the next.
 */
public final class ToolstackProcess {
    private final Host host;
    private final String name;
    private final FaultInjection faults;
    private final Toolstack toolstack;

    ToolstackProcess(Host host, String name, FaultInjection faults, Toolstack toolstack) {
        this.host = host;
        this.name = name;
        this.faults = faults;
        this.toolstack = toolstack;
    }

    /** Its toolstack. */
    public Toolstack toolstack() {
        return toolstack;
    }

    /** What stands between its toolstack and Xen. */
    public FaultInjection faults() {
        return faults;
    }

    /** Starts another process beside this one. */
    public ToolstackProcess beside() {
        return host.start();
    }

    /** Ends this process, unless it was killed, and starts the next, which cleans up what is left of this one. */
    public ToolstackProcess successor() {
        end();
        return host.start();
    }

    /** Closes the toolstack; the process is no more. Nothing happens if it has ended or was killed. */
    public void end() {
        toolstack.close();
        host.ended(name);
    }
}
