// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.commons.lang3.StringUtils;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.text.Visible;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * Rules for a domain's values. Each rule checks one value and returns a complaint or nothing, so that {@link
 * ProblemCollector} can report all complaints together.
 */
final class DomainRules {
    private static final int NAME_LIMIT = 255;
    private static final int SHOWN = 40;
    private static final int LEAST_EVENT_CHANNELS = 10;

    /** The last port of the larger of Xen's two ABIs of event channels ({@code EVTCHN_FIFO_NR_CHANNELS}). */
    private static final int GREATEST_EVENT_CHANNELS = (1 << 17) - 1;

    /** Number of nodes of which Xen takes a table of distances: the table fills a page. */
    private static final int MOST_NODES = 32;

    private static final KiB LEAST_TRACE_BUFFER = KiB.of(4);
    private static final KiB TOO_LARGE_TRACE_BUFFER = KiB.of(1L << 22);
    private static final KiB LEAST_MEMORY = KiB.ofMiB(1);
    private static final long GREATEST_MIB = KiB.of(Long.MAX_VALUE).toMiB();

    private DomainRules() {}

    static Optional<String> ofName(String name) {
        if (name.isBlank() || name.length() > NAME_LIMIT) {
            return Optional.of("a domain's name has 1 … " + NAME_LIMIT + " characters: '"
                    + Visible.text(StringUtils.abbreviate(name, SHOWN)) + "'");
        }
        if (name.indexOf('/') >= 0 || !Visible.isText(name)) {
            return Optional.of("a domain's name has no '/' and no invisible characters: '" + Visible.text(name) + "'");
        }
        if (StringUtils.isNumeric(name)) {
            return Optional.of("a domain's name is not a number, which would be a domid: '" + name + "'");
        }
        return Optional.empty();
    }

    /** Beginning of every message about the domain. */
    static String subject(String name) {
        return "domain " + Visible.text(StringUtils.abbreviate(name, SHOWN)) + ": ";
    }

    static Optional<String> ofKernel(
            DomainType type, Optional<Path> kernel, Optional<DomainConfig.BootLoader> bootLoader) {
        return type != DomainType.HVM && kernel.isEmpty() && bootLoader.isEmpty()
                ? Optional.of("a " + type + " guest needs a kernel")
                : Optional.empty();
    }

    static Optional<String> ofBootLoader(DomainType type, Optional<DomainConfig.BootLoader> bootLoader) {
        return type == DomainType.HVM && bootLoader.isPresent()
                ? Optional.of("an HVM guest has firmware and no boot loader")
                : Optional.empty();
    }

    /** libxl refuses a ramdisk and a command line without a kernel. */
    static Optional<String> ofRamdisk(Optional<Path> kernel, Optional<Path> ramdisk) {
        return kernel.isEmpty() && ramdisk.isPresent()
                ? Optional.of("a ramdisk has no effect without a kernel")
                : Optional.empty();
    }

    static Optional<String> ofDirectBoot(
            Optional<Path> kernel, Optional<DomainConfig.BootLoader> bootLoader, String commandLine) {
        return kernel.isEmpty() && bootLoader.isEmpty() && !commandLine.isEmpty()
                ? Optional.of("a kernel command line has no effect without a kernel")
                : Optional.empty();
    }

    static Optional<String> ofFile(String what, Path file) {
        return file.toString().isEmpty() ? Optional.of("the " + what + "'s path is empty") : Optional.empty();
    }

    static Optional<String> ofCommandLine(String commandLine) {
        return commandLine.indexOf('\0') >= 0
                ? Optional.of("a command line ends at its first NUL character, so it has none inside")
                : Optional.empty();
    }

    static Optional<String> ofMemory(KiB memory) {
        return memory.isLessThan(LEAST_MEMORY)
                ? Optional.of(outOfRange("memory", amount(memory)))
                : ofAmount("memory", memory);
    }

    static Optional<String> ofMaxMemory(KiB memory, KiB maxMemory) {
        return maxMemory.isLessThan(memory)
                ? Optional.of("maxmem (" + amount(maxMemory) + ") is less than memory (" + amount(memory) + ")")
                : ofAmount("maxmem", maxMemory);
    }

    /** The number of MiB fits {@link KiB}. */
    static Optional<String> ofMib(String key, long mib) {
        return mib < 0 || mib > GREATEST_MIB
                ? Optional.of(key + " is an amount of memory in MiB, not " + mib)
                : Optional.empty();
    }

    /** @throws ConfigException if the number is negative or too large */
    static KiB mib(String key, long mib) {
        ofMib(key, mib).ifPresent(complaint -> {
            throw new ConfigException(complaint);
        });
        return KiB.ofMiB(mib);
    }

    static Optional<String> ofVcpus(long vcpus) {
        return ofVcpuCount("vcpus", vcpus);
    }

    static Optional<String> ofMaxVcpus(long vcpus, long maxVcpus) {
        return ofVcpuCount("maxvcpus", maxVcpus)
                .or(() -> maxVcpus < vcpus
                        ? Optional.of("maxvcpus (" + maxVcpus + ") is less than vcpus (" + vcpus + ")")
                        : Optional.empty());
    }

    static Optional<String> ofLimit(String key, int limit, int least) {
        return limit < least ? Optional.of(key + " is " + least + " or more, not " + limit) : Optional.empty();
    }

    static Optional<String> ofLimit(String key, int limit, int least, int most) {
        return limit < least || limit > most
                ? Optional.of(key + " is " + least + " … " + most + ", not " + limit)
                : Optional.empty();
    }

    static Optional<String> ofPlacement(CpuPlacement placement, int maxVcpus) {
        if (placement.hard().size() > maxVcpus || placement.soft().size() > maxVcpus) {
            return Optional.of("cpus and cpus_soft have at most an entry for each of the " + maxVcpus + " vCPUs");
        }
        return placement.cap().orElse(0) > 100 * maxVcpus
                ? Optional.of("cap is at most 100 for each of the " + maxVcpus + " vCPUs, not "
                        + placement.cap().getAsInt())
                : Optional.empty();
    }

    /** Returns the reason why the nodes of a guest are not valid; empty if they are. */
    static Optional<String> ofNodes(
            List<VirtualNode> nodes, DomainType type, MemorySizes sizes, int maxVcpus, KiB videoRam) {
        if (nodes.isEmpty()) {
            return Optional.empty();
        }
        KiB sum = nodes.stream().map(VirtualNode::memory).reduce(KiB.ZERO, KiB::plus);
        return DeviceRules.first(
                DeviceRules.when(type == DomainType.PV, "a PV guest cannot have virtual NUMA nodes"),
                DeviceRules.when(
                        nodes.size() > MOST_NODES, "a guest has at most " + MOST_NODES + " nodes, not " + nodes.size()),
                DeviceRules.when(
                        !sum.equals(sizes.maxMemory()),
                        "the nodes have " + amount(sum) + ", but maxmem is " + amount(sizes.maxMemory())),
                DeviceRules.when(
                        sizes.populateOnDemand(),
                        "a guest with vnuma cannot be populated on demand: memory must be maxmem"),
                DeviceRules.when(
                        nodes.get(0).memory().isLessThan(videoRam),
                        "node 0 has " + amount(nodes.get(0).memory()) + ", which is less than " + amount(videoRam)
                                + " of video RAM"),
                ofVcpusOfNodes(nodes, maxVcpus),
                ofDistances(nodes));
    }

    /** Checks that each vCPU is in exactly one node. */
    private static Optional<String> ofVcpusOfNodes(List<VirtualNode> nodes, int maxVcpus) {
        for (int vcpu = 0; vcpu < maxVcpus; vcpu++) {
            int number = vcpu;
            long count =
                    nodes.stream().filter(node -> node.vcpus().contains(number)).count();
            if (count != 1) {
                return Optional.of("vCPU " + vcpu + " is in " + (count == 0 ? "no node" : "more than one node"));
            }
        }
        return nodes.stream()
                .flatMapToInt(node -> node.vcpus().cpus())
                .filter(vcpu -> vcpu >= maxVcpus)
                .mapToObj(vcpu -> "there is no vCPU " + vcpu + ": maxvcpus is " + maxVcpus)
                .findFirst();
    }

    private static Optional<String> ofDistances(List<VirtualNode> nodes) {
        for (int node = 0; node < nodes.size(); node++) {
            List<Integer> distances = nodes.get(node).distances();
            if (distances.size() != nodes.size()) {
                return Optional.of("node " + node + " has " + distances.size() + " distances for a guest of "
                        + nodes.size() + " nodes");
            }
            int own = distances.get(node);
            if (distances.stream().anyMatch(distance -> distance < own)) {
                return Optional.of("node " + node + " is farther from itself than from another node");
            }
        }
        return Optional.empty();
    }

    static Optional<String> ofEventChannels(int limit) {
        return limit < LEAST_EVENT_CHANNELS || limit > GREATEST_EVENT_CHANNELS
                ? Optional.of("max_event_channels is " + LEAST_EVENT_CHANNELS + " … " + GREATEST_EVENT_CHANNELS
                        + ", not " + limit)
                : Optional.empty();
    }

    static Optional<String> ofPagingPool(KiB pool) {
        return ofAmount("shadow_memory", pool);
    }

    /** Xen allocates the buffer in one piece of a power of two of pages. */
    static Optional<String> ofTraceBuffer(KiB size) {
        boolean isPower = Long.bitCount(size.value()) == 1;
        return size.equals(KiB.ZERO)
                        || isPower && !size.isLessThan(LEAST_TRACE_BUFFER) && size.isLessThan(TOO_LARGE_TRACE_BUFFER)
                ? Optional.empty()
                : Optional.of("vmtrace_buf_kb is a power of two, 4 … 2097152, not " + size.value());
    }

    static Optional<String> ofCpuid(List<CpuidEdit> edits) {
        long registers = edits.stream()
                .map(edit -> List.of(edit.leaf(), edit.subleaf(), edit.register()))
                .distinct()
                .count();
        return registers < edits.size() ? Optional.of("cpuid edits a register twice") : Optional.empty();
    }

    static Optional<String> ofGrantVersion(OptionalInt version) {
        return version.isPresent() && version.getAsInt() != 1 && version.getAsInt() != 2
                ? Optional.of("max_grant_version is 1 or 2, not " + version.getAsInt())
                : Optional.empty();
    }

    /** libxl excludes an alternate p2m from these (libxl_create.c). */
    static Optional<String> ofAltp2m(PagingConfig paging, ProcessorConfig processor, MemorySizes sizes) {
        if (paging.altp2m() == PagingConfig.Altp2m.DISABLED) {
            return Optional.empty();
        }
        if (processor.has(ProcessorConfig.Feature.NESTEDHVM)) {
            return Optional.of("altp2m and nestedhvm exclude each other");
        }
        return sizes.populateOnDemand()
                ? Optional.of("a guest with altp2m cannot be populated on demand: maxmem must be memory")
                : Optional.empty();
    }

    static Optional<String> ofNestedPaging(PagingConfig paging, ProcessorConfig processor) {
        return processor.has(ProcessorConfig.Feature.NESTEDHVM) && paging.mode() == PagingConfig.Mode.SHADOW
                ? Optional.of("nestedhvm needs hardware-assisted paging: hap = 1")
                : Optional.empty();
    }

    static Optional<String> ofMachine(DomainType type, Optional<HvmConfig> hvm) {
        return hvm.isPresent() != (type == DomainType.HVM)
                ? Optional.of("an HVM guest has an HVM machine, and no other guest has one")
                : Optional.empty();
    }

    static Optional<String> ofOptions(DomainType type, Set<GuestOption> options) {
        return type != DomainType.PV && options.contains(GuestOption.E820_HOST)
                ? Optional.of("e820_host concerns PV guests only")
                : Optional.empty();
    }

    static Optional<String> ofVideoRam(KiB memory, KiB videoRam) {
        return videoRam.isLessThan(memory)
                ? Optional.empty()
                : Optional.of(
                        "memory (" + amount(memory) + ") leaves nothing beside " + amount(videoRam) + " of video RAM");
    }

    private static Optional<String> ofVcpuCount(String key, long count) {
        return count < 1 || count > DomainConfig.MAX_VCPUS
                ? Optional.of(key + " is 1 … " + DomainConfig.MAX_VCPUS + ", not " + count)
                : Optional.empty();
    }

    private static Optional<String> ofAmount(String key, KiB amount) {
        if (MemorySizes.MAXIMUM.isLessThan(amount)) {
            return Optional.of(outOfRange(key, amount(amount)));
        }
        return amount.isMultipleOfMiB() ? Optional.empty() : Optional.of(key + " is whole MiB, not " + amount(amount));
    }

    private static String outOfRange(String key, String amount) {
        return key + " is 1 MiB … 16 TiB, not " + amount;
    }

    static String amount(KiB amount) {
        return amount.isMultipleOfMiB() ? amount.toMiB() + " MiB" : amount.toString();
    }
}
