// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import com.google.gson.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A place for a vCPU in QEMU's machine: an element of the answer to {@code query-hotpluggable-cpus}. QEMU lists the places
 * in no order that it promises; the vCPU's number is its position by socket, core and thread.
 *
 * @param type QEMU's name of the kind of CPU
 * @param position the numbers of socket, core and so on, by QEMU's names
 * @param isPlugged whether the place has a vCPU
 */
record VcpuSlot(String type, Map<String, Integer> position, boolean isPlugged) {
    /** QEMU's names, outermost first. A release knows some of them, and wants each that it has named. */
    private static final List<String> NAMES = List.of(
            "node-id",
            "drawer-id",
            "book-id",
            "socket-id",
            "die-id",
            "cluster-id",
            "module-id",
            "core-id",
            "thread-id");

    private static final Comparator<VcpuSlot> BY_NUMBER = NAMES.stream()
            .filter(name -> !name.equals("node-id"))
            .map(name -> Comparator.comparing((VcpuSlot slot) -> slot.position().getOrDefault(name, 0)))
            .reduce(Comparator::thenComparing)
            .orElseThrow();

    /** The places of an answer, by the number of the vCPU. */
    static List<VcpuSlot> of(QmpAnswer answer) {
        return answer.elements().stream().map(VcpuSlot::one).sorted(BY_NUMBER).toList();
    }

    private static VcpuSlot one(QmpAnswer element) {
        QmpAnswer properties = element.member("props");
        Map<String, Integer> position = new TreeMap<>();
        NAMES.stream().filter(properties::has).forEach(name -> position.put(name, properties.count(name)));
        return new VcpuSlot(element.text("type"), Map.copyOf(position), element.has("qom-path"));
    }

    /** The arguments of {@code device_add} for this place. libxl chooses the same names. */
    JsonObject plug(int vcpu) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("driver", type);
        arguments.addProperty("id", "cpu-" + vcpu);
        NAMES.stream().filter(position::containsKey).forEach(name -> arguments.addProperty(name, position.get(name)));
        return arguments;
    }
}
