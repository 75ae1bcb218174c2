// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.xenjava.toolstack.config.CpuidEdit;
import org.xenjava.toolstack.config.CpuidEdit.Register;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.ProcessorConfig;
import org.xenjava.toolstack.config.ProcessorConfig.Feature;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The processors and the properties of a domain, whose members are in {@code c_info} and {@code b_info}. */
final class LibxlProcessor {
    private static final long UINT32_MAX = 0xFFFF_FFFFL;
    private static final long MOST_KIB = 1L << 21;

    private LibxlProcessor() {}

    static void writeOptions(Set<GuestOption> options, LibxlMembers create) {
        for (GuestOption option : List.of(GuestOption.DRIVER_DOMAIN, GuestOption.XEND_SUSPEND_EVTCHN_COMPAT)) {
            create.choice(option.word(), Optional.of(true).filter(yes -> options.contains(option)));
        }
    }

    static void write(ProcessorConfig processor, Set<GuestOption> options, LibxlMembers build) {
        build.choice("disable_migrate", Optional.of(true).filter(yes -> options.contains(GuestOption.NOMIGRATE)))
                .choice("nested_hvm", Optional.of(true).filter(yes -> processor.has(Feature.NESTEDHVM)))
                .choice("vpmu", Optional.of(true).filter(yes -> processor.has(Feature.VPMU)))
                .number(
                        "vmtrace_buf_kb",
                        Optional.of(processor.traceBuffer().value()).filter(size -> size != 0))
                .elements("cpuid", leaves(processor.cpuid()));
    }

    /** libxl has one object for all registers of a leaf. */
    private static List<JsonObject> leaves(List<CpuidEdit> edits) {
        Map<List<Object>, JsonObject> leaves = new LinkedHashMap<>();
        for (CpuidEdit edit : edits) {
            JsonObject leaf = leaves.computeIfAbsent(List.of(edit.leaf(), edit.subleaf()), key -> {
                JsonObject numbers = new JsonObject();
                numbers.addProperty("leaf", Integer.toUnsignedLong(edit.leaf()));
                edit.subleaf().ifPresent(subleaf -> numbers.addProperty("subleaf", Integer.toUnsignedLong(subleaf)));
                return numbers;
            });
            leaf.addProperty(edit.register().word(), edit.bits());
        }
        return List.copyOf(leaves.values());
    }

    static Set<GuestOption> options(LibxlObject create, LibxlObject build, LibxlObject machine) {
        Set<GuestOption> options = EnumSet.noneOf(GuestOption.class);
        if (build.flag("disable_migrate").orElse(false)) {
            options.add(GuestOption.NOMIGRATE);
        }
        for (GuestOption option : List.of(GuestOption.DRIVER_DOMAIN, GuestOption.XEND_SUSPEND_EVTCHN_COMPAT)) {
            if (create.flag(option.word()).orElse(false)) {
                options.add(option);
            }
        }
        if (machine.flag(GuestOption.E820_HOST.word()).orElse(false)) {
            options.add(GuestOption.E820_HOST);
        }
        return options;
    }

    /** The members of a guest that is no HVM guest. */
    static LibxlMembers machine(Set<GuestOption> options) {
        return new LibxlMembers()
                .choice(
                        GuestOption.E820_HOST.word(),
                        Optional.of(true).filter(yes -> options.contains(GuestOption.E820_HOST)));
    }

    static ProcessorConfig read(LibxlObject build) {
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        if (build.flag("nested_hvm").orElse(false)) {
            features.add(Feature.NESTEDHVM);
        }
        if (build.flag("vpmu").orElse(false)) {
            features.add(Feature.VPMU);
        }
        if (build.object("arch_x86").flag("msr_relaxed").orElse(false)) {
            features.add(Feature.MSR_RELAXED);
        }
        OptionalLong buffer = build.number("vmtrace_buf_kb", 0, MOST_KIB);
        return build.checked(() -> new ProcessorConfig(features, cpuid(build), KiB.of(buffer.orElse(0))));
    }

    /** An array of leaves; in newer releases an object that has this array and another one for MSRs. */
    private static List<CpuidEdit> cpuid(LibxlObject build) {
        List<LibxlObject> leaves =
                build.isObject("cpuid") ? build.object("cpuid").objects("cpuid") : build.objects("cpuid");
        List<CpuidEdit> edits = new ArrayList<>();
        for (LibxlObject leaf : leaves) {
            int number = (int) leaf.number("leaf", 0, UINT32_MAX).orElseThrow(() -> leaf.wrong("leaf", "missing"));
            OptionalLong subleaf = leaf.number("subleaf", 0, UINT32_MAX);
            OptionalInt second = subleaf.isPresent() ? OptionalInt.of((int) subleaf.getAsLong()) : OptionalInt.empty();
            for (Register register : Register.values()) {
                leaf.text(register.word())
                        .ifPresent(
                                bits -> edits.add(leaf.checked(() -> new CpuidEdit(number, second, register, bits))));
            }
        }
        return edits;
    }
}
