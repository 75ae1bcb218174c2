// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import com.google.gson.annotations.SerializedName;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.image.PageRange;
import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.VirtualNuma;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A plan as JSON. Units are in the keys; addresses are decimal, in bytes; ends are exclusive. */
record PlanJson(
        Guest guest,
        Memory memory,
        Xenstore xenstore,
        List<Range> ram,
        Optional<List<Node>> virtualNodes,
        List<Populate> populate,
        List<Special> specialPages,
        Image image,
        List<Mapped> memoryMap,
        DevicesJson.Actions actions,
        Optional<DevicesJson.Machine> machine,
        DevicesJson devices) {
    record Guest(
            String name,
            String type,
            Optional<UUID> uuid,
            int vcpus,
            int maxVcpus,
            Optional<Path> kernel,
            Optional<Path> ramdisk,
            String commandLine) {
        static Guest of(DomainConfig config) {
            return new Guest(
                    config.name(),
                    config.type().word(),
                    config.uuid(),
                    config.vcpus(),
                    config.maxVcpus(),
                    config.kernel(),
                    config.ramdisk(),
                    config.commandLine());
        }
    }

    record Memory(
            KiB memoryKib,
            KiB maxmemKib,
            boolean populateOnDemand,
            Pages framesPages,
            Optional<Pages> podTargetPages,
            Pages slackPages,
            Pages initialDebtPages,
            KiB maxMemKib,
            Pages maxMemPages,
            Pages claimPages,
            long pagingPoolBytes) {
        static Memory of(MemoryPlan plan, DomainConfig config) {
            return new Memory(
                    plan.shape().memory(),
                    config.maxMemory(),
                    plan.shape().populateOnDemand(),
                    plan.shape().frames(),
                    plan.podTarget(),
                    plan.slack(),
                    plan.initialDebt(),
                    plan.maxMem(),
                    plan.maxMem().toPages(),
                    plan.claim(),
                    plan.pagingPoolBytes());
        }
    }

    /** The nodes that the guest reads; a key is the node's path and its unit. */
    record Xenstore(
            @SerializedName("memory/target_kib") KiB target,
            @SerializedName("memory/static-max_kib") KiB staticMax,
            @SerializedName("memory/videoram_kib") KiB videoRam) {
        static Xenstore of(MemoryPlan plan, DomainConfig config) {
            return new Xenstore(
                    plan.bootTarget(), config.maxMemory(), plan.shape().videoRam());
        }
    }

    record Range(long start, long end) {}

    /** A NUMA node that the guest sees. */
    record Node(int physicalNode, long memoryMib, List<Integer> vcpus, List<Integer> distances, List<Range> ranges) {
        static Optional<List<Node>> of(VirtualNuma numa) {
            return Optional.of(IntStream.range(0, numa.nodes().size())
                            .mapToObj(number -> of(numa, number))
                            .toList())
                    .filter(nodes -> !nodes.isEmpty());
        }

        private static Node of(VirtualNuma numa, int number) {
            VirtualNode node = numa.nodes().get(number);
            return new Node(
                    node.physicalNode(),
                    node.memory().toMiB(),
                    node.vcpus().cpus().boxed().toList(),
                    node.distances(),
                    numa.ranges().stream()
                            .filter(range -> range.node() == number)
                            .map(range ->
                                    new Range(range.ram().start(), range.ram().end()))
                            .toList());
        }
    }

    record Mapped(long start, long end, Enum<?> type) {}

    record Item(long start, long end, String what) {}

    record Populate(int order, int calls, long extents, Pages pages) {}

    record Special(long gfn, String use) {
        /** A PV guest has no such pages beside its RAM. */
        static List<Special> of(DomainType type) {
            return Stream.of(SpecialPage.values())
                    .filter(page -> type != DomainType.PV)
                    .map(page -> new Special(page.gfn(), page.use()))
                    .toList();
        }
    }

    /** The image; only PVH guests have the keys {@code rsdp} and {@code acpi}. */
    private interface Image {
        static Image of(ImagePlan plan) {
            List<Item> items = plan.items().stream()
                    .map(item -> new Item(item.address(), item.address() + item.bytes(), item.what()))
                    .toList();
            if (plan instanceof PvhImagePlan pvh) {
                PageRange acpi = pvh.acpiFrames();
                return new PvhImage(
                        pvh.entry(),
                        pvh.startInfoAddress(),
                        pvh.rsdpAddress(),
                        new Range(acpi.address(), acpi.endGfn() << Pages.SHIFT),
                        items);
            }
            // The first two numbers of a PV guest are virtual addresses.
            return new PlainImage(plan.entry(), plan.startInfoAddress(), items);
        }
    }

    record PvhImage(long entry, long startInfo, long rsdp, Range acpi, List<Item> inRam) implements Image {}

    record PlainImage(long entry, long startInfo, List<Item> inRam) implements Image {}

    static PlanJson of(DomainConfig config, CreatePlan plan) {
        return new PlanJson(
                Guest.of(config),
                Memory.of(plan.memory(), config),
                Xenstore.of(plan.memory(), config),
                plan.memory().ram().stream()
                        .map(range -> new Range(range.start(), range.end()))
                        .toList(),
                Node.of(plan.memory().virtualNuma()),
                PopulateCount.of(plan.memory().populateCalls()).stream()
                        .map(count -> new Populate(count.order(), count.calls(), count.extents(), count.pages()))
                        .toList(),
                Special.of(config.type()),
                Image.of(plan.image()),
                plan.image().memoryMap().stream()
                        .map(entry -> new Mapped(entry.address(), entry.address() + entry.bytes(), entry.type()))
                        .toList(),
                DevicesJson.Actions.of(plan.config().lifecycle()),
                plan.config().hvm().map(DevicesJson.Machine::of),
                DevicesJson.of(plan.devices()));
    }
}
