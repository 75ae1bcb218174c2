// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.sim.fault.FaultInjection;

/**
 * A process on the simulated host with a toolstack of its own. As on a real host, other processes can find out whether
 * it runs: the next process removes what a killed process was creating.
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

    /** {@return the toolstack of the process} */
    public Toolstack toolstack() {
        return toolstack;
    }

    /** {@return the faults between the toolstack and Xen} */
    public FaultInjection faults() {
        return faults;
    }

    /**
     * Starts another process; this one continues.
     *
     * @return the other process
     */
    public ToolstackProcess beside() {
        return host.start();
    }

    /**
     * Ends this process, unless it was killed, and starts another, which cleans up after this one.
     *
     * @return the other process
     */
    public ToolstackProcess successor() {
        end();
        return host.start();
    }

    /** Ends the process and closes its toolstack. Has no effect if it has ended or was killed. */
    public void end() {
        toolstack.close();
        host.ended(name);
    }
}
