// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.function.UnaryOperator;

/**
 * A Xen host as a value: all that a toolstack needs of it. The real host, a simulated one and a replayed one differ in
 * their parts only; nothing asks which of them it is.
 *
 * @param libraries Xen's libraries and dom0's kernel
 * @param deviceModels starts, finds and ends the processes that play the devices of guests
 * @param firmware finds the programs with which HVM guests start
 * @param guests whether guests of this host may be lost
 */
public record XenHost(
        XenLibraries libraries, DeviceModelProcesses deviceModels, FirmwareLocator firmware, GuestWorth guests)
        implements AutoCloseable {

    /** The same host through other libraries, such as a recorder or an injector of faults around these. */
    public XenHost with(UnaryOperator<XenLibraries> wrapper) {
        return new XenHost(wrapper.apply(libraries), deviceModels, firmware, guests);
    }

    /** The same host with other device models. */
    public XenHost with(DeviceModelProcesses others) {
        return new XenHost(libraries, others, firmware, guests);
    }

    /** Closes the libraries; processes and guests run on. */
    @Override
    public void close() {
        libraries.close();
    }
}
