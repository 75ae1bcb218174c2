// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * @param scripts runs hotplug scripts
 */
public record XenHost(
        XenLibraries libraries,
        DeviceModelProcesses deviceModels,
        FirmwareLocator firmware,
        GuestWorth guests,
        ControlDomain controlDomain,
        HotplugScripts scripts)
        implements AutoCloseable {
    /** The hotplug scripts of a host, which connect devices of guests to it or disconnect them. */
    public interface HotplugScripts {
        /**
         * {@return why a script cannot be run; empty if it can}
         *
         * @param path absolute path of the script
         */
        Optional<String> refusal(String path);

        /**
         * Runs a script and waits for its end.
         *
         * @param script the call
         * @return what went wrong, in one line: the exit status with the last line of output, or the limit; empty if
         *     the script ended with status 0
         */
        Optional<String> run(HotplugScript script);
    }

    /**
     * One call of a hotplug script.
     *
     * @param path absolute path of the script
     * @param arguments the arguments behind the script's name, such as {@code online type_if=vif}
     * @param environment the variables that describe the device
     * @param limit the time after which the script and its children are killed
     */
    public record HotplugScript(String path, List<String> arguments, Map<String, String> environment, Duration limit) {
        /**
         * Copies the collections, so that the record is immutable.
         *
         * @param path absolute path of the script
         * @param arguments the arguments behind the script's name, such as {@code online type_if=vif}
         * @param environment the variables that describe the device
         * @param limit the time after which the script and its children are killed
         */
        public HotplugScript {
            arguments = List.copyOf(arguments);
            environment = Map.copyOf(environment);
        }
    }

    /** The worth of the guests of a host. */
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
        return new XenHost(wrapper.apply(libraries), deviceModels, firmware, guests, controlDomain, scripts);
    }

    /**
     * {@return the same host with other device models}
     *
     * @param others the device models
     */
    public XenHost with(DeviceModelProcesses others) {
        return new XenHost(libraries, others, firmware, guests, controlDomain, scripts);
    }

    /** Closes the libraries. Processes and guests continue to run. */
    @Override
    public void close() {
        libraries.close();
    }
}
