// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.xenjava.toolstack.host.HostTopology;

/** The tables of {@code xl info -n}. */
final class TopologyLines {
    private static final int MIB_SHIFT = 20;

    private TopologyLines() {}

    static List<String> of(HostTopology topology) {
        List<String> lines = new ArrayList<>();
        lines.add("cpu_topology           :");
        lines.add("cpu:    core    socket     node");
        topology.cpus()
                .forEach(cpu -> lines.add(String.format(
                        Locale.ROOT,
                        "%3d:    %4d     %4d     %4d",
                        cpu.number(),
                        cpu.core(),
                        cpu.socket(),
                        cpu.node())));
        lines.add("device topology        :");
        lines.add("device           node");
        topology.devices()
                .forEach(
                        device -> lines.add(String.format(Locale.ROOT, "%s      %d", device.address(), device.node())));
        if (topology.devices().isEmpty()) {
            lines.add("No device topology data available");
        }
        lines.add("numa_info              :");
        lines.add("node:    memsize    memfree    distances");
        topology.nodes()
                .forEach(node -> lines.add(String.format(
                        Locale.ROOT,
                        "%4d:    %6d     %6d      %s",
                        node.number(),
                        node.bytes() >> MIB_SHIFT,
                        node.freeBytes() >> MIB_SHIFT,
                        node.distances().stream().map(String::valueOf).collect(Collectors.joining(",")))));
        return lines;
    }
}
