// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.sim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.xenctrl.sim.memory.XenRefusal;

/** {@code xen_version}. */
final class VersionOps {
    private static final int VERSION = 0;
    private static final int EXTRA_VERSION = 1;
    private static final int EXTRA_VERSION_BYTES = 16;
    private static final int CAPABILITIES = 3;
    private static final int CAPABILITIES_BYTES = 1024;
    private static final int PAGE_SIZE = 7;

    private final Machine machine;

    VersionOps(Machine machine) {
        this.machine = machine;
    }

    long call(CallerMemory caller, int subcommand, long address) {
        return switch (subcommand) {
            case VERSION -> {
                XenRelease release = machine.abi.release();
                yield release.major() << 16 | release.minor();
            }
            case EXTRA_VERSION -> text(caller, address, machine.behaviour.extraVersion(), EXTRA_VERSION_BYTES);
            case CAPABILITIES ->
                text(
                        caller,
                        address,
                        "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
                        CAPABILITIES_BYTES);
            case PAGE_SIZE -> PhysicalMemory.PAGE_BYTES;
            default -> throw new XenRefusal(Errno.ENOSYS);
        };
    }

    private static long text(CallerMemory caller, long address, String text, int bytes) {
        caller.write(address, Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), bytes));
        return 0;
    }
}
