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
 */
public record XenHost(
        XenLibraries libraries, DeviceModelProcesses deviceModels, FirmwareLocator firmware, GuestWorth guests)
        implements AutoCloseable {

    /**
     * {@return the same host through other libraries, such as a recorder or an injector of faults around these}
     *
     * @param wrapper returns libraries that pass calls on to the given ones
     */
    public XenHost with(UnaryOperator<XenLibraries> wrapper) {
        return new XenHost(wrapper.apply(libraries), deviceModels, firmware, guests);
    }

    /**
     * {@return the same host with other device models}
     *
     * @param others the device models
     */
    public XenHost with(DeviceModelProcesses others) {
        return new XenHost(libraries, others, firmware, guests);
    }

    /** Closes the libraries. Processes and guests continue to run. */
    @Override
    public void close() {
        libraries.close();
    }
}
