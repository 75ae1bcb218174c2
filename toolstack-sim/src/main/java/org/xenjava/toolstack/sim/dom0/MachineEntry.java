// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.function.Supplier;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** The way from a library function into the machine: under the machine's lock, with errno as the library reports it. */
record MachineEntry(Machine machine) {
    /**
     * Does something to the machine.
     *
     * @param function the library function, for the exception
     * @throws XenLibException if the machine refuses, or ENODEV if it was rebooted
     */
    <T> T call(String function, Supplier<T> action) {
        machine.lock().lock();
        try {
            if (machine.isStopped()) {
                throw new XenRefusal(Errno.ENODEV);
            }
            return action.get();
        } catch (XenRefusal refusal) {
            // As from the libraries: equal to a constant, and not the same object.
            throw new XenLibException(function, new Errno(refusal.errno().value()));
        } finally {
            machine.lock().unlock();
        }
    }

    /** Does something without a result to the machine. */
    void run(String function, Runnable action) {
        call(function, () -> {
            action.run();
            return 0;
        });
    }

    /** Releases something of the machine, unless it was rebooted and has nothing of the caller's any more. */
    void release(String function, Runnable action) {
        machine.lock().lock();
        try {
            if (!machine.isStopped()) {
                run(function, action);
            }
        } finally {
            machine.lock().unlock();
        }
    }
}
