// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
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
    /** The programs of a host that guests' configurations name: hotplug scripts, which connect devices, and boot loaders. */
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

        /**
         * Runs a boot loader, without rights on the host, and waits for its end.
         *
         * @param run the call
         * @param isCancelled whether the boot loader is to be ended, asked a few times a second
         * @return what went wrong, in one line; empty if the boot loader ended with status 0
         */
        Optional<String> run(BootLoaderRun run, BooleanSupplier isCancelled);
    }

    /**
     * One call of a boot loader, a program that finds the kernel of a guest on the guest's disk. What it has found is in
     * the files {@link #KERNEL}, {@link #RAMDISK} and {@link #ARGUMENTS} of the directory afterwards, if it is there.
     *
     * @param program absolute path of the program, or the name of one of Xen's programs
     * @param release the running Xen's release, such as {@code 4.17}, by which some hosts name the directory of programs
     * @param arguments the arguments before the disk's path
     * @param disk path of the disk, a file or block device, which the boot loader only reads
     * @param directory an empty directory
     * @param mostBytes the largest kernel or ramdisk, in bytes
     * @param limit the time after which the boot loader and its children are killed
     */
    public record BootLoaderRun(
            String program,
            String release,
            List<String> arguments,
            String disk,
            Path directory,
            long mostBytes,
            Duration limit) {
        /** The file of the kernel. */
        public static final String KERNEL = "kernel";

        /** The file of the ramdisk. */
        public static final String RAMDISK = "ramdisk";

        /** The file of the kernel's command line. */
        public static final String ARGUMENTS = "arguments";

        /**
         * Copies the list, so that the record is immutable.
         *
         * @param program absolute path of the program, or the name of one of Xen's programs
         * @param release the running Xen's release
         * @param arguments the arguments before the disk's path
         * @param disk path of the disk, a file or block device, which the boot loader only reads
         * @param directory an empty directory
         * @param mostBytes the largest kernel or ramdisk, in bytes
         * @param limit the time after which the boot loader and its children are killed
         */
        public BootLoaderRun {
            arguments = List.copyOf(arguments);
        }
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
