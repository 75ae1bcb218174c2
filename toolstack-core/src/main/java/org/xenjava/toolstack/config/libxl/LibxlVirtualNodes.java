// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The NUMA nodes that a guest sees, in {@code vnuma_nodes} of {@code b_info}. */
final class LibxlVirtualNodes {
    private static final int MOST_VCPUS = 4096;

    private LibxlVirtualNodes() {}

    /** The physical node 0 is the initial value, which is not written. */
    static List<JsonObject> write(List<VirtualNode> nodes) {
        return nodes.stream()
                .map(node -> new LibxlMembers()
                        .number("memkb", node.memory().value())
                        .elements(
                                "distances",
                                node.distances().stream()
                                        .map(JsonPrimitive::new)
                                        .toList())
                        .number("pnode", Optional.of((long) node.physicalNode()).filter(number -> number != 0))
                        .bits("vcpus", node.vcpus().cpus())
                        .object())
                .toList();
    }

    static List<VirtualNode> read(LibxlObject build) {
        List<VirtualNode> nodes = new ArrayList<>();
        for (LibxlObject node : build.objects("vnuma_nodes")) {
            int physical = (int) node.number("pnode", 0, Integer.MAX_VALUE).orElse(0);
            KiB memory = LibxlReader.size(node, "memkb").orElseThrow(() -> node.wrong("memkb", "missing"));
            CpuSet vcpus = CpuSet.of(node.bits("vcpus", MOST_VCPUS).stream()
                    .mapToInt(vcpu -> vcpu)
                    .toArray());
            List<Integer> distances = node.numbers("distances", Integer.MAX_VALUE);
            nodes.add(node.checked(() -> new VirtualNode(physical, memory, vcpus, distances)));
        }
        return nodes;
    }
}
