// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** The simulated machine of one test, and the processes on it. */
final class Host implements AutoCloseable {
    private final SimulatedXen xen;
    private final UnaryOperator<ToolstackOptions> options;
    private final XenLibraries observer;
    private final MachineState before;
    private final AtomicInteger lastProcess = new AtomicInteger();
    private final Map<String, FaultInjection> running = new ConcurrentHashMap<>();
    private final List<ToolstackProcess> processes = new CopyOnWriteArrayList<>();
    private final ToolstackProcess first;

    Host(SimulatedXen xen, UnaryOperator<ToolstackOptions> options) {
        this.xen = xen;
        this.options = options;
        this.observer = xen.connect();
        this.before = MachineState.of(observer);
        this.first = start();
    }

    SimulatedXen xen() {
        return xen;
    }

    ToolstackProcess firstProcess() {
        return first;
    }

    ToolstackProcess start() {
        String name = "process-" + lastProcess.incrementAndGet();
        FaultInjection faults = FaultInjection.around(xen.connect());
        running.put(name, faults);
        Toolstack toolstack = options.apply(Toolstack.options())
                .processIdentity(new Identity(name))
                .open(xen.host(faults));
        ToolstackProcess process = new ToolstackProcess(this, name, faults, toolstack);
        processes.add(process);
        return process;
    }

    void ended(String name) {
        running.remove(name);
    }

    /** A line for each difference from the machine's state before the test. */
    List<String> leftBehind() {
        return MachineState.of(observer).changesSince(before);
    }

    @Override
    public void close() {
        processes.forEach(ToolstackProcess::end);
        observer.close();
    }

    private final class Identity implements ProcessIdentity {
        private final String name;

        private Identity(String name) {
            this.name = name;
        }

        @Override
        public String self() {
            return name;
        }

        @Override
        public Liveness liveness(String identity) {
            FaultInjection process = running.get(identity);
            return process != null && !process.isKilled() ? Liveness.ALIVE : Liveness.DEAD;
        }
    }
}
