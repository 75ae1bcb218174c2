// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.function.UnaryOperator;

/**
 * A Xen host as a value: the parts that a toolstack needs. Real, simulated and replayed hosts differ only in these
 * parts, and no code asks which kind a host is.
 *
 * @param libraries Xen's libraries and dom0's kernel
 * @param deviceModels starts, finds and ends the processes that emulate the devices of guests
 * @param firmware finds the programs with which HVM guests start
 * @param guests whether guests of this host may be lost
 * @param controlDomain domain 0's memory and lock
 */
public record XenHost(
        XenLibraries libraries,
        DeviceModelProcesses deviceModels,
        FirmwareLocator firmware,
        GuestWorth guests,
        ControlDomain controlDomain)
        implements AutoCloseable {
    /** Whether the guests of a host may be lost. */
    public enum GuestWorth {
        /** Somebody needs them: a crash is damage. */
        NEEDED,
        /** They run nothing, as on a simulated host: a crash is an observation. */
        EXPENDABLE
    }

    /**
     * {@return the same host through other libraries, such as a recorder or an injector of faults around these}
     *
     * @param wrapper returns libraries that pass calls on to the given ones
     */
    public XenHost with(UnaryOperator<XenLibraries> wrapper) {
        return new XenHost(wrapper.apply(libraries), deviceModels, firmware, guests, controlDomain);
    }

    /**
     * {@return the same host with other device models}
     *
     * @param others the device models
     */
    public XenHost with(DeviceModelProcesses others) {
        return new XenHost(libraries, others, firmware, guests, controlDomain);
    }

    /** Closes the libraries. Processes and guests continue to run. */
    @Override
    public void close() {
        libraries.close();
    }
}
