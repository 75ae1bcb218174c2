// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * The state of a machine that an operation can change. Two states, before and after an operation, show what it left
 * behind. Empty directories below {@code /tool}, as of a journal, are no state.
 *
 * @param memory pages of the host that are free, and pages that are claimed
 * @param domains domains by number, zombies included: flags and pages, for messages
 * @param xenstore nodes by path: value and permissions as {@code xenstore-ls -p} prints them
 * @param loops dom0's loop devices by number, each with its file
 */
public record MachineState(
        String memory,
        SortedMap<Integer, String> domains,
        SortedMap<String, String> xenstore,
        SortedMap<Integer, String> loops) {
    private static final int MOST_DOMAINS = 1024;

    /** What a tool keeps there is below; an empty directory is no state. */
    private static final Pattern TOOL_DIRECTORY = Pattern.compile("/tool/[^/]+(/[^/]+)?");

    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param memory pages of the host that are free, and pages that are claimed
     * @param domains domains by number, zombies included: flags and pages, for messages
     * @param xenstore nodes by path: value and permissions as {@code xenstore-ls -p} prints them
     * @param loops dom0's loop devices by number, each with its file
     */
    public MachineState {
        domains = Collections.unmodifiableSortedMap(new TreeMap<>(domains));
        xenstore = Collections.unmodifiableSortedMap(new TreeMap<>(xenstore));
        loops = Collections.unmodifiableSortedMap(new TreeMap<>(loops));
    }

    /**
     * Reads the state of a machine; no other operation should be under way.
     *
     * @param machine libraries of the machine; the caller closes them
     * @return the state
     */
    public static MachineState of(XenLibraries machine) {
        Hypervisor xen = new Hypervisor(machine);
        SortedMap<String, String> nodes = new TreeMap<>();
        collect(machine.store(), "/", nodes);
        return new MachineState(
                xen.memory(), xen.domains(), nodes, machine.hostDevices().loops());
    }

    /**
     * Compares the state with an earlier one: a line for each domain, node or number that differs.
     *
     * @param before the earlier state
     * @return the lines; empty if nothing differs
     */
    public List<String> changesSince(MachineState before) {
        List<String> changes = new ArrayList<>();
        if (!memory.equals(before.memory)) {
            changes.add("host memory: " + before.memory + ", now " + memory);
        }
        differences("domain ", before.domains, domains, changes);
        differences("xenstore ", before.xenstore, xenstore, changes);
        differences("loop device ", before.loops, loops, changes);
        return List.copyOf(changes);
    }

    private static <K> void differences(String what, Map<K, String> before, Map<K, String> now, List<String> changes) {
        Stream.concat(before.keySet().stream(), now.keySet().stream())
                .distinct()
                .filter(key -> !Objects.equals(before.get(key), now.get(key)))
                .forEach(key -> changes.add(what + key + ": " + before.getOrDefault(key, "absent") + ", now "
                        + now.getOrDefault(key, "absent")));
    }

    private static void collect(XenStore store, String path, Map<String, String> nodes) {
        try {
            String value = new String(store.read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8);
            String permissions = store.getPermissions(XenStore.NO_TRANSACTION, path).stream()
                    .map(MachineState::spelt)
                    .collect(Collectors.joining(",", "(", ")"));
            int before = nodes.size();
            for (String child : store.directory(XenStore.NO_TRANSACTION, path)) {
                collect(store, (path.equals("/") ? "" : path) + "/" + child, nodes);
            }
            boolean empty = value.isEmpty() && nodes.size() == before;
            if (!empty || !TOOL_DIRECTORY.matcher(path).matches()) {
                nodes.put(path, '"' + value + "\"   " + permissions);
            }
        } catch (XenLibException e) {
            // A node that vanishes during the walk counts as absent.
            if (!e.errno().equals(Errno.ENOENT)) {
                throw e;
            }
        }
    }

    private static String spelt(XenStorePermission permission) {
        return "nrwb".charAt(permission.access() & (XenStorePermission.READ | XenStorePermission.WRITE))
                + Integer.toString(permission.domid());
    }

    /** The two calls that report all domains and the host's memory. */
    private record Hypervisor(XenLibraries machine, XenAbi abi) {
        Hypervisor(XenLibraries machine) {
            this(machine, abiOf(machine));
        }

        private static XenAbi abiOf(XenLibraries machine) {
            XenRelease release = XenRelease.ofVersionCall(machine.call().call(Hypercall.XEN_VERSION.number(), 0, 0));
            return XenAbi.of(release).orElseThrow(() -> new IllegalArgumentException("no layouts for Xen " + release));
        }

        String memory() {
            try (HypercallBuffer argument = argument(SysctlOp.PHYSINFO)) {
                StructView info = issue(SysctlOp.PHYSINFO, argument);
                return (info.get("free_pages") + info.get("scrub_pages"))
                        + " pages free, "
                        + info.get("outstanding_pages") + " claimed";
            }
        }

        SortedMap<Integer, String> domains() {
            StructLayout element = abi.struct("xen_domctl_getdomaininfo");
            try (HypercallBuffer list = machine.call().allocBuffer(MOST_DOMAINS * element.size());
                    HypercallBuffer argument = argument(SysctlOp.GETDOMAININFOLIST)) {
                body(SysctlOp.GETDOMAININFOLIST, argument)
                        .set("max_domains", MOST_DOMAINS)
                        .set("buffer", list.address());
                int count = issue(SysctlOp.GETDOMAININFOLIST, argument).getInt("num_domains");
                SortedMap<Integer, String> domains = new TreeMap<>();
                for (int i = 0; i < count; i++) {
                    StructView info = element.at(list.bytes(), i * element.size());
                    domains.put(
                            info.getInt("domain"),
                            "flags %#x, %d pages of at most %d, %d claimed"
                                    .formatted(
                                            info.get("flags"),
                                            info.get("tot_pages"),
                                            info.get("max_pages"),
                                            info.get("outstanding_pages")));
                }
                return domains;
            }
        }

        private HypercallBuffer argument(SysctlOp op) {
            StructLayout layout = abi.struct("xen_sysctl");
            HypercallBuffer buffer = machine.call().allocBuffer(layout.size());
            layout.at(buffer.bytes(), 0)
                    .set("cmd", op.number())
                    .set("interface_version", abi.constant("XEN_SYSCTL_INTERFACE_VERSION"));
            return buffer;
        }

        private StructView body(SysctlOp op, HypercallBuffer argument) {
            return abi.struct(op.struct()).at(argument.bytes(), SysctlOp.UNION_OFFSET);
        }

        private StructView issue(SysctlOp op, HypercallBuffer argument) {
            machine.call().call(Hypercall.SYSCTL.number(), argument.address());
            return body(op, argument);
        }
    }
}
