// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;

/** A whole build as facts that can be compared one by one, whatever the order in which they came about. */
final class BuildSummary {
    /** Calls that only ask. */
    private static final Set<String> QUESTIONS =
            Set.of("version", "physinfo", "getdomaininfolist", "get_cpu_policy", "gethvmcontext", "get_pod_target");

    /** Plain calls, and the fields in which the question is put. */
    private static final Map<String, List<String>> FIELDS = Map.of(
            "createdomain",
            List.of(
                    "ssidref",
                    "handle",
                    "flags",
                    "iommu_opts",
                    "max_vcpus",
                    "max_evtchn_port",
                    "max_grant_frames",
                    "max_maptrack_frames",
                    "grant_opts",
                    "vmtrace_size",
                    "cpupool_id",
                    "emulation_flags",
                    "misc_flags"),
            "max_vcpus",
            List.of("max"),
            "max_mem",
            List.of("max_memkb"),
            "set_paging_mempool_size",
            List.of("size"),
            "shadow_op",
            List.of("op", "mb"),
            "settscinfo",
            List.of("tsc_mode", "gtsc_khz", "incarnation", "elapsed_nsec"),
            "set_pod_target",
            List.of("target_pages"),
            "alloc_unbound",
            List.of("remote_dom"),
            Call.MMUEXT_OP,
            List.of("cmd"));

    /** The calls whose order matters. */
    private static final Set<String> ORDERED = Set.of(
            "max_mem", "set_paging_mempool_size", "shadow_op", "claim_pages", "set_pod_target", "populate_physmap");

    private static final long FIRST_ACPI_FRAME = 0xFC000;
    private static final long FIRST_SPECIAL_FRAME = 0xFEFF0;
    private static final long FIRST_HIGH_FRAME = 0x10_0000;
    private static final int CPUID_LEAF_WORDS = 6;

    private final Facts facts = new Facts();
    private final Set<String> order = new LinkedHashSet<>();
    private final List<Long> claims = new ArrayList<>();
    private OptionalLong podTarget = OptionalLong.empty();
    private long pagesOwned;
    private final RamPopulation ram = new RamPopulation();
    private final List<FrameRun> otherFrames = new ArrayList<>();
    private final List<FrameRun> mapped = new ArrayList<>();
    private Optional<MemoryMapFacts> memoryMap = Optional.empty();
    private final Map<Long, byte[]> pages = new HashMap<>();
    private final VcpuFacts vcpus = new VcpuFacts(facts);

    private BuildSummary() {}

    /**
     * Summarises a build.
     *
     * @param calls all of it
     * @param nodes the xenstore nodes of the paused domain, by path
     */
    static Facts of(List<Call> calls, Map<String, String> nodes) {
        BuildSummary summary = new BuildSummary();
        calls.forEach(summary::take);
        summary.finish();
        nodes.forEach((path, node) -> summary.facts.add(
                "xenstore " + path, path.endsWith("/start_time") ? node.replaceAll("\".*\"", "\"the time\"") : node));
        return summary.facts;
    }

    private void take(Call call) {
        if (call instanceof Call.Hypercall hypercall) {
            take(hypercall);
        } else if (call instanceof Call.Mapping mapping) {
            mapped.addAll(mapping.frames());
        } else if (call instanceof Call.PageContent content) {
            pages.put(content.frame(), content.bytes());
        } else if (call instanceof Call.GrantTable table) {
            facts.add("grant table", HexFormat.of().formatHex(withoutZeros(table.bytes())));
        } else if (call instanceof Call.Introduction introduction) {
            facts.add("introduce", "gfn 0x%x, port %d".formatted(introduction.gfn(), introduction.port()));
        }
    }

    private void take(Call.Hypercall call) {
        if (ORDERED.contains(call.operation())) {
            order.add(call.operation());
        }
        switch (call.operation()) {
            case "populate_physmap" -> populate(call);
            case "claim_pages" -> claims.add(call.number("nr_extents"));
            case "set_memory_map" -> memoryMap = Optional.of(MemoryMapFacts.packed(little(call.pointee("e820"))));
            case "set_cpu_policy" -> cpuPolicy(call);
            case "sethvmcontext" -> vcpus.add(call.pointee("hvmcontext"));
            case "set_param" ->
                facts.add("HVM param " + param((int) call.number("index")), "0x%x".formatted(call.number("value")));
            case "getdomaininfo" -> pagesOwned = Long.parseLong(call.out().getOrDefault("tot_pages", "0"));
            default -> plain(call);
        }
    }

    private void plain(Call.Hypercall call) {
        if (call.operation().equals("set_pod_target")) {
            podTarget = OptionalLong.of(call.number("target_pages"));
        }
        if (FIELDS.containsKey(call.operation())) {
            FIELDS.get(call.operation()).stream()
                    .filter(call::has)
                    .forEach(field -> facts.add(call.operation() + "." + field, call.text(field)));
        } else if (!QUESTIONS.contains(call.operation())) {
            facts.replace(call.operation(), "issued");
        }
    }

    private void populate(Call.Hypercall call) {
        ByteBuffer extents = little(call.pointee("extents"));
        long first = extents.getLong(0);
        if (first >= FIRST_ACPI_FRAME && first < FIRST_HIGH_FRAME) {
            while (extents.hasRemaining()) {
                otherFrames.add(new FrameRun(extents.getLong(), 1));
            }
        } else {
            ram.add(extents, (int) call.number("extent_order"), call.populatesOnDemand());
        }
    }

    private void cpuPolicy(Call.Hypercall call) {
        facts.add("set_cpu_policy.nr_msrs", call.text("nr_msrs"));
        ByteBuffer leaves = little(call.pointee("cpuid_leaves"));
        while (leaves.hasRemaining()) {
            int[] words = new int[CPUID_LEAF_WORDS];
            Arrays.setAll(words, i -> leaves.getInt());
            String subleaf = words[1] == -1 ? "" : "/" + words[1];
            facts.add(
                    "CPUID 0x%x%s".formatted(words[0], subleaf),
                    "%08x %08x %08x %08x".formatted(words[2], words[3], words[4], words[5]));
        }
    }

    private static String param(int index) {
        return Arrays.stream(HvmParam.values())
                .filter(param -> param.index() == index)
                .findFirst()
                .map(HvmParam::name)
                .orElseThrow(() -> new IllegalArgumentException("no HVM parameter has the index " + index));
    }

    private void finish() {
        facts.add("order", String.join(", ", order));
        facts.add("claim_pages", claims.stream().map(this::besidesRam).collect(Collectors.joining(", then ")));
        facts.add("pages owned in the end", besidesRam(pagesOwned));
        facts.add("RAM populated", ram.toString());
        facts.add("frames populated besides the RAM", FrameRun.merged(otherFrames));
        facts.add("frames mapped", FrameRun.merged(mapped));
        vcpus.startInfoFrame().map(pages::remove).ifPresent(page -> StartInfoFacts.of(little(page))
                .addTo(facts, memoryMap));
        memoryMap.ifPresent(map -> map.addTo(facts));
        pages.forEach((frame, content) -> {
            if (frame >= FIRST_SPECIAL_FRAME) {
                page(frame, withoutZeros(content));
            }
        });
    }

    /** RAM is what is given to the guest as RAM: the PoD target, or all that is populated. */
    private String besidesRam(long pages) {
        long more = pages - podTarget.orElse(ram.pages());
        return pages == 0 ? "0" : more == 0 ? "RAM" : "RAM + " + more;
    }

    /** The special pages; what lies below is the kernel's, the ramdisk's and ACPI's. */
    private void page(long frame, byte[] content) {
        if (content.length > 0) {
            CRC32 crc = new CRC32();
            crc.update(content);
            facts.add("page 0x%x CRC-32".formatted(frame), "%08x".formatted(crc.getValue()));
        }
    }

    private static byte[] withoutZeros(byte[] bytes) {
        int length = bytes.length;
        while (length > 0 && bytes[length - 1] == 0) {
            length--;
        }
        return Arrays.copyOf(bytes, length);
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
