// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.EventChannelOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.PhysdevOp;
import org.xenjava.toolstack.xenctrl.abi.SchedOp;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;

/** The names of hypercalls by sub-command, as in Xen's headers. */
final class HypercallNames {
    private static final Map<Hypercall, Map<Integer, String>> SUBCOMMANDS = Map.of(
            Hypercall.DOMCTL, names("XEN_DOMCTL_", DomctlOp.values(), DomctlOp::number),
            Hypercall.SYSCTL, names("XEN_SYSCTL_", SysctlOp.values(), SysctlOp::number),
            Hypercall.MEMORY_OP, names("XENMEM_", MemoryOp.values(), MemoryOp::number),
            Hypercall.EVENT_CHANNEL_OP, names("EVTCHNOP_", EventChannelOp.values(), EventChannelOp::number),
            Hypercall.PHYSDEV_OP, names("PHYSDEVOP_", PhysdevOp.values(), PhysdevOp::number),
            Hypercall.HVM_OP,
                    Map.of(HvmParam.HVMOP_SET_PARAM, "HVMOP_set_param", HvmParam.HVMOP_GET_PARAM, "HVMOP_get_param"),
            Hypercall.SCHED_OP, Map.of(SchedOp.REMOTE_SHUTDOWN, "SCHEDOP_remote_shutdown"),
            Hypercall.HYPFS_OP, Map.of(1, "XEN_HYPFS_OP_read", 2, "XEN_HYPFS_OP_write_contents"),
            Hypercall.XEN_VERSION, Map.of(0, "XENVER_version", 1, "XENVER_extraversion", 3, "XENVER_capabilities"));

    private HypercallNames() {}

    /**
     * The name of a hypercall; an unknown one is named by its numbers.
     *
     * @param memory finds the hypercall buffer at an address
     */
    static String of(int op, long[] args, LongFunction<Optional<ByteBuffer>> memory) {
        Optional<Hypercall> hypercall = Arrays.stream(Hypercall.values())
                .filter(known -> known.number() == op)
                .findFirst();
        int first = args.length == 0 ? 0 : (int) args[0];
        // The sub-command of these two is in memory, at the start of their argument.
        boolean inMemory =
                hypercall.equals(Optional.of(Hypercall.DOMCTL)) || hypercall.equals(Optional.of(Hypercall.SYSCTL));
        int subcommand = inMemory && args.length > 0
                ? memory.apply(args[0])
                        .map(bytes -> bytes.order(ByteOrder.LITTLE_ENDIAN).getInt(0))
                        .orElse(0)
                : first;
        return hypercall
                .map(SUBCOMMANDS::get)
                .map(names -> names.get(subcommand))
                .orElse("hypercall " + op + "/" + subcommand);
    }

    private static <T extends Enum<T>> Map<Integer, String> names(String prefix, T[] values, ToIntFunction<T> number) {
        Function<T, Integer> key = number::applyAsInt;
        return Arrays.stream(values)
                .collect(Collectors.toUnmodifiableMap(
                        key, value -> prefix + value.name().toLowerCase(Locale.ROOT)));
    }
}
