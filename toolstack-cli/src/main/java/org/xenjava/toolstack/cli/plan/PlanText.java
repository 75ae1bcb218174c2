// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.ProcessorConfig;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.image.HvmImagePlan;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.image.PageRange;
import org.xenjava.toolstack.image.PvImagePlan;
import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.image.pv.PvLayout;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.VirtualNuma;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A plan as text: a line for each number, with its unit and its purpose. */
final class PlanText {
    private final List<String> lines = new ArrayList<>();

    private PlanText() {}

    /** Writes the plan; {@code config} is the guest as its owner wrote it. */
    static List<String> of(DomainConfig config, CreatePlan plan) {
        PlanText text = new PlanText();
        text.guest(config);
        text.memory(plan.memory(), config);
        text.layout(plan.memory());
        if (config.type() != DomainType.PV) {
            text.specialPages();
        }
        text.virtualNodes(plan.memory().virtualNuma());
        text.image(plan.image());
        text.lines.addAll(DeviceLines.of(plan));
        text.host(config);
        return List.copyOf(text.lines);
    }

    private void guest(DomainConfig config) {
        title("guest");
        word("name", config.name());
        word("type", config.type().word());
        word("uuid", config.uuid().map(Object::toString).orElse("random"));
        word("vcpus", config.vcpus() + " online of " + config.maxVcpus());
        config.kernel().ifPresent(file -> word("kernel", file.toString()));
        config.ramdisk().ifPresent(file -> word("ramdisk", file.toString()));
        word("command line", config.commandLine());
        clock(config.clock());
        processor(config.processor());
        if (!config.options().isEmpty()) {
            word("options", words(config.options(), GuestOption::word));
        }
        if (config.paging().altp2m() != PagingConfig.Altp2m.DISABLED) {
            word("altp2m", config.paging().altp2m().word());
        }
    }

    private void processor(ProcessorConfig processor) {
        if (!processor.features().isEmpty()) {
            word("processor", words(processor.features(), ProcessorConfig.Feature::word));
        }
        processor
                .cpuid()
                .forEach(edit -> word(
                        "cpuid",
                        "0x" + Integer.toHexString(edit.leaf())
                                + (edit.subleaf().isPresent()
                                        ? "," + edit.subleaf().getAsInt()
                                        : "")
                                + " " + edit.register().word() + " " + edit.bits()));
    }

    private static <E> String words(Collection<E> values, Function<E, String> word) {
        return values.stream().map(word).collect(Collectors.joining(", "));
    }

    private void clock(ClockConfig clock) {
        if (!clock.equals(ClockConfig.DEFAULT)) {
            String base = clock.base() == ClockConfig.Base.LOCAL_TIME ? "the host's local time" : "UTC";
            word(
                    "clock",
                    base + " and " + clock.offsetSeconds() + " s, TSC mode "
                            + clock.tscMode().word());
        }
    }

    /** Lists the checks that need the host, which {@code create} makes. */
    private void host(DomainConfig config) {
        title("checked on the host by create");
        line("free memory for the claim");
        line("a free name and UUID");
        line(requirement(config));
        if (config.processor().has(ProcessorConfig.Feature.VPMU)) {
            line("a Xen that was started with vpmu");
        }
        if (!config.processor().cpuid().isEmpty()) {
            line("processors that have the leaves of cpuid");
        }
        config.virtualNodes()
                .forEach(node -> line("NUMA node " + node.physicalNode() + " with free memory for its virtual node"));
        if (!config.limits().equals(LimitsConfig.DEFAULT)) {
            line("limits of grants and event channels within Xen's own");
        }
        config.disks().stream().flatMap(disk -> disk.target().stream()).forEach(target -> line("disk " + target));
        config.nics().forEach(nic -> line("bridge " + nic.bridge()));
    }

    private static String requirement(DomainConfig config) {
        if (config.type() == DomainType.PV) {
            return "a Xen with PV guests";
        }
        return config.paging().mode() == PagingConfig.Mode.SHADOW
                ? "a Xen with shadow paging"
                : "hardware virtualisation and hardware-assisted paging";
    }

    private void memory(MemoryPlan plan, DomainConfig config) {
        GuestShape shape = plan.shape();
        title("memory");
        amount("memory", shape.memory(), "memory of the guest at boot");
        amount("maxmem", config.maxMemory(), "memory that the guest may grow to");
        word("populate on demand", populateOnDemand(config));
        plan.podTarget().ifPresent(target -> {
            amount("PoD entries", shape.frames(), "guest frames without a page at first");
            amount("PoD target", target, "pages that Xen keeps for them, set before the first populate");
            amount("slack", plan.slack(), "part of the PoD target beyond memory, against XSA-153");
            amount("initial debt", plan.initialDebt(), "entries without a page until the guest has ballooned");
        });
        amount("max_mem", plan.maxMem(), plan.maxMem().toPages() + ": limit of the pages that the guest owns");
        amount("claim", plan.claim(), "free memory that the host must have");
        bytes("paging pool", plan.pagingPoolBytes(), "memory for the guest's page tables");
        title("xenstore");
        amount("memory/target", plan.bootTarget(), "target of the guest's balloon driver");
        amount("memory/static-max", config.maxMemory(), "");
        amount("memory/videoram", shape.videoRam(), "");
    }

    private static String populateOnDemand(DomainConfig config) {
        if (config.populateOnDemand()) {
            return "yes";
        }
        return config.type() == DomainType.PV ? "no: a PV guest balloons" : "no: memory is maxmem";
    }

    private void layout(MemoryPlan plan) {
        title("RAM");
        plan.ram().forEach(range -> line(addresses(range.start(), range.end()) + "  " + range.pages()));
        title("populate calls");
        PopulateCount.of(plan.populateCalls())
                .forEach(count -> line(count.calls() + " of order " + count.order() + " (" + count.extentSize() + "): "
                        + count.extents() + " extents, " + count.pages()));
    }

    private void specialPages() {
        title("special pages");
        List.of(SpecialPage.values())
                .forEach(page -> line(String.format(Locale.ROOT, "gfn 0x%x  %s", page.gfn(), page.use())));
    }

    private void virtualNodes(VirtualNuma numa) {
        if (numa.isNone()) {
            return;
        }
        title("virtual NUMA nodes");
        for (int number = 0; number < numa.nodes().size(); number++) {
            int of = number;
            VirtualNode node = numa.nodes().get(number);
            word(
                    "node " + number,
                    node.memory().toMiB() + " MiB of the host's node " + node.physicalNode() + ", vCPUs "
                            + (node.vcpus().isEmpty() ? "none" : node.vcpus()) + ", distances "
                            + words(node.distances(), Object::toString));
            numa.ranges().stream()
                    .filter(range -> range.node() == of)
                    .forEach(range ->
                            word("", addresses(range.ram().start(), range.ram().end())));
        }
    }

    private void image(ImagePlan image) {
        title("image");
        address(image instanceof HvmImagePlan ? "firmware entry" : "kernel entry", image.entry());
        address("start info", image.startInfoAddress());
        if (image instanceof PvhImagePlan pvh) {
            acpi(pvh);
        } else if (image instanceof PvImagePlan pv) {
            initialMapping(pv.layout());
        } else {
            line("hvmloader and BIOS are placeholders here, unless the file names them: create uses the host's");
        }
        title("in RAM at the start");
        image.items()
                .forEach(item -> line(addresses(item.address(), item.address() + item.bytes()) + "  " + item.what()
                        + ", " + item.bytes() + " bytes"));
        title("memory map (e820)");
        image.memoryMap()
                .forEach(entry -> line(addresses(entry.address(), entry.address() + entry.bytes()) + "  "
                        + entry.type().name().toLowerCase(Locale.ROOT)));
    }

    /** The addresses above are virtual, those of RAM are pfn by pfn. */
    private void initialMapping(PvLayout layout) {
        address("mapping of pfn 0", layout.addresses().base());
        layout.addresses().p2mList().ifPresent(address -> address("list of frames", address));
        layout.tables().ranges().forEach(range -> word("page tables", range.count() + " pages"));
    }

    private void acpi(PvhImagePlan image) {
        address("ACPI root pointer", image.rsdpAddress());
        PageRange acpi = image.acpiFrames();
        line("ACPI tables         " + addresses(acpi.address(), acpi.endGfn() << Pages.SHIFT) + "  " + acpi.pages());
    }

    private void title(String title) {
        lines.add(title);
    }

    private void line(String text) {
        lines.add("  " + text);
    }

    private void word(String name, String value) {
        line(String.format(Locale.ROOT, "%-19s %s", name, value).stripTrailing());
    }

    private void amount(String name, KiB value, String meaning) {
        number(name, value.value(), "KiB", meaning);
    }

    private void amount(String name, Pages value, String meaning) {
        number(name, value.count(), "pages", meaning);
    }

    private void bytes(String name, long value, String meaning) {
        number(name, value, "bytes", meaning);
    }

    private void number(String name, long value, String unit, String meaning) {
        line(String.format(Locale.ROOT, "%-19s %12d %-5s  %s", name, value, unit, meaning)
                .stripTrailing());
    }

    private void address(String name, long value) {
        line(String.format(Locale.ROOT, "%-19s 0x%x", name, value));
    }

    /** A range of addresses; the last address belongs to it. */
    private static String addresses(long start, long end) {
        return String.format(Locale.ROOT, "0x%012x … 0x%012x", start, end - 1);
    }
}
