// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.EventChannelOp;
import org.xenjava.toolstack.xenctrl.abi.FlaskOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.PhysdevOp;
import org.xenjava.toolstack.xenctrl.abi.SchedOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;

/**
 * The meaning of a hypercall's arguments: its operation, and the structs in memory.
 *
 * @param hypercall such as {@code memory_op}
 * @param operation such as {@code set_pod_target}; empty if the hypercall has none or it is unknown
 * @param parts the structs
 * @param coverage whether the structs describe all pointers
 */
record HypercallShape(String hypercall, String operation, List<Part> parts, Coverage coverage) {

    enum Coverage {
        COMPLETE,
        /** Memory may contain pointers that no known struct describes. */
        OPAQUE
    }

    /** A struct in a buffer, {@code offset} bytes from its start. */
    record Part(StructLayout layout, ChannelBuffer buffer, int offset) {
        /** The first {@code bytes} of the part, before a union. */
        Part first(int bytes) {
            Map<String, StructLayout.Field> fields = new LinkedHashMap<>(layout.fields());
            fields.values().removeIf(f -> f.offset() >= bytes);
            return new Part(new StructLayout(layout.name(), bytes, fields), buffer, offset);
        }
    }

    /** An operation, and the tag of its struct; empty if it has none. */
    private record Operation(String name, String struct) {}

    private static final Map<Integer, Operation> HVM_OPS = Map.of(
            HvmParam.HVMOP_SET_PARAM, new Operation("set_param", "xen_hvm_param"),
            HvmParam.HVMOP_GET_PARAM, new Operation("get_param", "xen_hvm_param"));
    private static final Map<Integer, Operation> SCHED_OPS = Map.of(
            SchedOp.REMOTE_SHUTDOWN, new Operation("remote_shutdown", "sched_remote_shutdown"),
            SchedOp.WATCHDOG, new Operation("watchdog", "sched_watchdog"));
    private static final Map<Integer, Operation> VERSION_OPS =
            Map.of(0, new Operation("version", ""), 1, new Operation("extraversion", ""));

    /** Decodes the arguments of a hypercall as far as the release's layouts describe them. */
    static HypercallShape of(Optional<XenAbi> abi, BufferTable buffers, int number, long... args) {
        String unknown = "hypercall_" + number;
        Optional<Hypercall> known = Arrays.stream(Hypercall.values())
                .filter(h -> h.number() == number)
                .findFirst();
        if (known.isEmpty() || args.length == 0) {
            return opaque(known.map(HypercallShape::name).orElse(unknown), "");
        }
        Hypercall hypercall = known.get();
        return switch (hypercall) {
            case DOMCTL -> control(abi, buffers, hypercall, "xen_domctl", DomctlOp.UNION_OFFSET, args[0]);
            case SYSCTL -> control(abi, buffers, hypercall, "xen_sysctl", SysctlOp.UNION_OFFSET, args[0]);
            case XSM_OP -> control(abi, buffers, hypercall, "xen_flask_op", FlaskOp.UNION_OFFSET, args[0]);
            case MEMORY_OP, EVENT_CHANNEL_OP, PHYSDEV_OP, HVM_OP, SCHED_OP, XEN_VERSION -> {
                Optional<Operation> operation = operation(hypercall, args[0]);
                String name = operation.map(Operation::name).orElse(Long.toString(args[0]));
                Optional<BufferTable.Pointer> argument = args.length > 1 ? buffers.find(args[1]) : Optional.empty();
                List<Part> parts = new ArrayList<>();
                boolean complete = operation.isPresent()
                        && (argument.isEmpty()
                                || add(parts, abi, operation.get().struct(), argument.get(), 0));
                yield new HypercallShape(name(hypercall), name, parts, complete ? Coverage.COMPLETE : Coverage.OPAQUE);
            }
            default -> opaque(name(hypercall), "");
        };
    }

    private static HypercallShape control(
            Optional<XenAbi> abi, BufferTable buffers, Hypercall hypercall, String header, int bodyAt, long address) {
        Optional<BufferTable.Pointer> argument = buffers.find(address);
        if (argument.isEmpty()) {
            return opaque(name(hypercall), "");
        }
        BufferTable.Pointer at = argument.get();
        int command = at.buffer().bytes().getInt(at.offset());
        Optional<Operation> operation = operation(hypercall, command);
        List<Part> parts = new ArrayList<>();
        boolean complete = add(parts, abi, header, at, 0)
                && operation.isPresent()
                && add(parts, abi, operation.get().struct(), at, bodyAt);
        if (!parts.isEmpty()) {
            parts.set(0, parts.get(0).first(bodyAt));
        }
        return new HypercallShape(
                name(hypercall),
                operation.map(Operation::name).orElse(Integer.toString(command)),
                parts,
                complete ? Coverage.COMPLETE : Coverage.OPAQUE);
    }

    /** Adds a struct; false if its layout is unknown, true also if there is none to add. */
    private static boolean add(
            List<Part> parts, Optional<XenAbi> abi, String tag, BufferTable.Pointer at, int further) {
        if (tag.isEmpty()) {
            return true;
        }
        Optional<StructLayout> layout = abi.flatMap(a ->
                        a.structs().stream().filter(s -> s.name().equals(tag)).findFirst())
                .filter(s -> at.offset() + further + s.size() <= at.buffer().size());
        layout.ifPresent(s -> parts.add(new Part(s, at.buffer(), at.offset() + further)));
        return layout.isPresent();
    }

    private static Optional<Operation> operation(Hypercall hypercall, long number) {
        return switch (hypercall) {
            case DOMCTL -> find(DomctlOp.values(), DomctlOp::number, DomctlOp::struct, number);
            case SYSCTL -> find(SysctlOp.values(), SysctlOp::number, SysctlOp::struct, number);
            case XSM_OP -> find(FlaskOp.values(), FlaskOp::number, FlaskOp::struct, number);
            case MEMORY_OP -> find(MemoryOp.values(), MemoryOp::number, MemoryOp::struct, number);
            case EVENT_CHANNEL_OP ->
                find(EventChannelOp.values(), EventChannelOp::number, EventChannelOp::struct, number);
            case PHYSDEV_OP -> find(PhysdevOp.values(), PhysdevOp::number, PhysdevOp::struct, number);
            case HVM_OP -> Optional.ofNullable(HVM_OPS.get((int) number));
            case SCHED_OP -> Optional.ofNullable(SCHED_OPS.get((int) number));
            case XEN_VERSION -> Optional.ofNullable(VERSION_OPS.get((int) number));
            default -> Optional.empty();
        };
    }

    private static <E extends Enum<E>> Optional<Operation> find(
            E[] operations, ToIntFunction<E> numbers, Function<E, String> structs, long number) {
        return Arrays.stream(operations)
                .filter(o -> numbers.applyAsInt(o) == number)
                .map(o -> new Operation(o.name().toLowerCase(Locale.ROOT), structs.apply(o)))
                .findFirst();
    }

    private static HypercallShape opaque(String hypercall, String operation) {
        return new HypercallShape(hypercall, operation, List.of(), Coverage.OPAQUE);
    }

    private static String name(Hypercall hypercall) {
        return hypercall.name().toLowerCase(Locale.ROOT);
    }
}
