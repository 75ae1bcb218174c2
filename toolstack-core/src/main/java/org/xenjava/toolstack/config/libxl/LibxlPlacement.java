// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.JsonArray;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.xenctrl.units.CpuSet;

/** Pool, affinities and share of a domain, whose members are in {@code c_info} and {@code b_info}. */
final class LibxlPlacement {
    private static final int MOST_CPUS = 4096;
    private static final int MOST_VCPUS = 4096;

    /** The value of a weight or cap that the scheduler chooses. */
    private static final long SCHEDULER_CHOOSES = -1;

    private LibxlPlacement() {}

    /** Lists that name NUMA nodes or all CPUs mean nothing without a host, and are left out. */
    static void writeAffinities(CpuPlacement placement, LibxlMembers build) {
        build.elements("vcpu_hard_affinity", bitmaps(placement.hard()))
                .elements("vcpu_soft_affinity", bitmaps(placement.soft()));
    }

    private static List<JsonArray> bitmaps(List<CpuList> lists) {
        List<Optional<CpuSet>> sets = lists.stream().map(CpuList::numbers).toList();
        return sets.stream().allMatch(Optional::isPresent)
                ? sets.stream().map(set -> bitmap(set.orElseThrow())).toList()
                : List.of();
    }

    private static JsonArray bitmap(CpuSet cpus) {
        JsonArray bits = new JsonArray();
        cpus.cpus().forEach(bits::add);
        return bits;
    }

    static LibxlMembers share(CpuPlacement placement) {
        return new LibxlMembers().number("weight", boxed(placement.weight())).number("cap", boxed(placement.cap()));
    }

    private static Optional<Long> boxed(OptionalInt value) {
        return value.isPresent() ? Optional.of((long) value.getAsInt()) : Optional.empty();
    }

    static CpuPlacement read(LibxlObject create, LibxlObject build) {
        LibxlObject share = build.object("sched_params");
        share.skip("sched");
        OptionalLong id = create.number("poolid", 0, Integer.MAX_VALUE);
        Optional<String> pool = create.text("pool_name")
                .or(() -> id.isPresent() && id.getAsLong() != 0
                        ? Optional.of(Long.toString(id.getAsLong()))
                        : Optional.empty());
        List<CpuList> hard = lists(build, "vcpu_hard_affinity");
        List<CpuList> soft = lists(build, "vcpu_soft_affinity");
        return build.checked(() -> new CpuPlacement(
                hard,
                soft,
                chosen(share, "weight", CpuShare.DEFAULT.weight()),
                chosen(share, "cap", CpuShare.DEFAULT.cap()),
                pool));
    }

    /** An empty bitmap is that of a vCPU for which nothing was chosen. */
    private static List<CpuList> lists(LibxlObject build, String name) {
        return build.bitmaps(name, MOST_VCPUS, MOST_CPUS).stream()
                .map(LibxlPlacement::list)
                .toList();
    }

    private static CpuList list(Set<Integer> cpus) {
        return cpus.isEmpty()
                ? CpuList.parse("all")
                : CpuList.of(CpuSet.of(cpus.stream().mapToInt(cpu -> cpu).toArray()));
    }

    /** A listing has the schedulers' default where nothing was chosen. */
    private static OptionalInt chosen(LibxlObject share, String name, int standard) {
        OptionalLong value = share.number(name, SCHEDULER_CHOOSES, Integer.MAX_VALUE);
        return value.isEmpty() || value.getAsLong() == SCHEDULER_CHOOSES || value.getAsLong() == standard
                ? OptionalInt.empty()
                : OptionalInt.of((int) value.getAsLong());
    }
}
