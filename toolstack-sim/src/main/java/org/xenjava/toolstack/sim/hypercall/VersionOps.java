// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code xen_version}. */
final class VersionOps {
    private static final int VERSION = 0;
    private static final int EXTRA_VERSION = 1;
    private static final int EXTRA_VERSION_BYTES = 16;
    private static final int CAPABILITIES = 3;
    private static final int CAPABILITIES_BYTES = 1024;
    private static final int COMPILE_INFO = 2;
    private static final int COMPILE_INFO_BYTES = 144;
    private static final int CHANGESET = 4;
    private static final int CHANGESET_BYTES = 64;
    private static final int PLATFORM_PARAMETERS = 5;
    private static final long HYPERVISOR_START = 0xFFFF_8000_0000_0000L;
    private static final int PAGE_SIZE = 7;
    private static final int COMMAND_LINE = 9;
    private static final int COMMAND_LINE_BYTES = 1024;

    private final Machine machine;

    VersionOps(Machine machine) {
        this.machine = machine;
    }

    long call(CallerMemory caller, int subcommand, long address) {
        return switch (subcommand) {
            case VERSION -> {
                XenRelease release = machine.release();
                yield release.major() << 16 | release.minor();
            }
            case EXTRA_VERSION -> text(caller, address, machine.behaviour().extraVersion(), EXTRA_VERSION_BYTES);
            case CAPABILITIES ->
                text(
                        caller,
                        address,
                        (machine.hasPvGuests() ? "xen-3.0-x86_64 " : "")
                                + "hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
                        CAPABILITIES_BYTES);
            case COMPILE_INFO -> text(caller, address, "", COMPILE_INFO_BYTES);
            case CHANGESET -> text(caller, address, "simulated", CHANGESET_BYTES);
            case PLATFORM_PARAMETERS -> {
                ByteBuffer start = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                caller.write(address, start.putLong(HYPERVISOR_START).array());
                yield 0;
            }
            case COMMAND_LINE -> text(caller, address, machine.commandLine(), COMMAND_LINE_BYTES);
            case PAGE_SIZE -> PhysicalMemory.PAGE_BYTES;
            default -> throw new XenRefusal(Errno.ENOSYS);
        };
    }

    private static long text(CallerMemory caller, long address, String text, int bytes) {
        caller.write(address, Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), bytes));
        return 0;
    }
}
