// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import java.util.Set;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * A process on the simulated machine, as far as others can tell whether it runs.
 *
 * @param name what it signs its builds with
 * @param faults its libraries
 * @param running names of the processes that run, shared by all of them
 */
public record TestProcess(String name, SimulatedXen xen, FaultInjection faults, Set<String> running)
        implements ProcessIdentity {
    public TestProcess {
        running.add(name);
    }

    public Toolstack open() {
        return TestHost.options().processIdentity(this).open(xen.host(faults));
    }

    /** It is no more, whether it was killed or came to its end. */
    public void ends() {
        running.remove(name);
    }

    @Override
    public String self() {
        return name;
    }

    @Override
    public Liveness liveness(String identity) {
        return running.contains(identity) ? Liveness.ALIVE : Liveness.DEAD;
    }
}
