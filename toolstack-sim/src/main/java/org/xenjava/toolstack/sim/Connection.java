// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.util.function.Supplier;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** One process in dom0 with Xen's libraries open on the simulated machine. */
final class Connection implements XenLibraries {
    private final Machine machine;
    private final Calls calls;
    private final ForeignMemory foreignMemory;
    private final EventChannelHandle eventChannels;
    private final SimulatedQemu deviceModel;
    private final XenStore store;
    private final HostDevices hostDevices;

    Connection(Machine machine, Hypercalls hypercalls) {
        this.machine = machine;
        calls = new Calls(hypercalls);
        foreignMemory = new ForeignMemory(machine, this);
        eventChannels = new EventChannelHandle(machine, this);
        deviceModel = new SimulatedQemu(machine, this);
        store = machine.store.connect(0);
        hostDevices = new SimulatedHostDevices(machine.hostKernel, this);
    }

    /** Does something to the machine on a library's behalf: under its lock, with errno as the library gives it. */
    <T> T call(String function, Supplier<T> action) {
        machine.lock.lock();
        try {
            return action.get();
        } catch (XenRefusal refusal) {
            throw new XenLibException(function, refusal.errno());
        } finally {
            machine.lock.unlock();
        }
    }

    /** The same, without a result. */
    void run(String function, Runnable action) {
        call(function, () -> {
            action.run();
            return 0;
        });
    }

    @Override
    public XenCall call() {
        return calls;
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return foreignMemory;
    }

    @Override
    public XenEventChannels eventChannels() {
        return eventChannels;
    }

    @Override
    public XenDeviceModel deviceModel() {
        return deviceModel;
    }

    @Override
    public XenStore store() {
        return store;
    }

    @Override
    public HostDevices hostDevices() {
        return hostDevices;
    }

    @Override
    public boolean isSimulation() {
        return true;
    }

    @Override
    public void close() {
        hostDevices.close();
        store.close();
        deviceModel.close();
        eventChannels.close();
        foreignMemory.close();
        calls.close();
    }

    /** libxencall. */
    private final class Calls implements XenCall {
        private final Hypercalls hypercalls;
        private final CallerMemory memory = new CallerMemory();

        private Calls(Hypercalls hypercalls) {
            this.hypercalls = hypercalls;
        }

        @Override
        public int call(int op, long... args) {
            String function = "xencall" + args.length + "(" + op + ")";
            // The privcmd driver returns an int, on real Xen too.
            return (int) (long) Connection.this.call(function, () -> hypercalls.call(memory, op, args));
        }

        @Override
        public HypercallBuffer allocBuffer(int bytes) {
            if (bytes < 1) {
                throw new XenLibException("xencall_alloc_buffer_pages", Errno.EINVAL);
            }
            return memory.allocate(bytes);
        }

        @Override
        public void close() {
            memory.freeAll();
        }
    }
}
