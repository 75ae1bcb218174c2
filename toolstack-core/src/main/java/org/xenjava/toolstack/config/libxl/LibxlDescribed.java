// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainType;

/** The keys that cannot be carried out yet, in libxl's JSON. */
final class LibxlDescribed {
    private static final String LABEL = "ssid_label";
    private static final String LABEL_LATER = "exec_ssid_label";
    private static final String STUB_DOMAIN = "device_model_stubdomain";
    private static final String STUB_DOMAIN_LABEL = "device_model_ssid_label";
    private static final String RDM_STRATEGY = "strategy";
    private static final String RDM_POLICY = "policy";
    private static final String RDM_BOUNDARY = "rdm_mem_boundary_memkb";
    private static final String KIB = "KiB";
    private static final long KIB_PER_MIB = 1024;
    private static final long DEFAULT_RDM_BOUNDARY = 2048 * KIB_PER_MIB;
    private static final String GFX_KIND = "gfx_passthru_kind";
    private static final String YES = "1";

    private LibxlDescribed() {}

    /** As in xl, the label of a domain is the one it begins with, and another one may follow. */
    static void writeCreate(Map<DescribedKey, String> keys, Optional<String> label, LibxlMembers create) {
        create.text(
                        LABEL,
                        Optional.ofNullable(keys.get(DescribedKey.INIT_SECLABEL))
                                .or(() -> label))
                .text(DescribedKey.PASSTHROUGH.key(), Optional.ofNullable(keys.get(DescribedKey.PASSTHROUGH)));
    }

    static void writeBuild(Map<DescribedKey, String> keys, Optional<String> label, LibxlMembers build) {
        build.choice(DescribedKey.ACPI.key(), choice(keys, DescribedKey.ACPI))
                .choice(STUB_DOMAIN, choice(keys, DescribedKey.DEVICE_MODEL_STUBDOMAIN_OVERRIDE))
                .text(STUB_DOMAIN_LABEL, Optional.ofNullable(keys.get(DescribedKey.DEVICE_MODEL_STUBDOMAIN_SECLABEL)));
        if (keys.containsKey(DescribedKey.INIT_SECLABEL)) {
            build.text(LABEL_LATER, label);
        }
    }

    static void writeMachine(Map<DescribedKey, String> keys, LibxlMembers machine) {
        machine.choice(DescribedKey.PVSHIM.key(), choice(keys, DescribedKey.PVSHIM))
                .text(DescribedKey.PVSHIM_PATH.key(), Optional.ofNullable(keys.get(DescribedKey.PVSHIM_PATH)))
                .text(DescribedKey.PVSHIM_CMDLINE.key(), Optional.ofNullable(keys.get(DescribedKey.PVSHIM_CMDLINE)))
                .text(DescribedKey.PVSHIM_EXTRA.key(), Optional.ofNullable(keys.get(DescribedKey.PVSHIM_EXTRA)))
                .choice(DescribedKey.VKB_DEVICE.key(), choice(keys, DescribedKey.VKB_DEVICE));
        Optional<String> graphics = Optional.ofNullable(keys.get(DescribedKey.GFX_PASSTHRU));
        machine.choice(DescribedKey.GFX_PASSTHRU.key(), graphics.map(any -> true))
                .text(GFX_KIND, graphics.filter(kind -> !kind.equals(YES)));
        machine.number(
                RDM_BOUNDARY,
                Optional.ofNullable(keys.get(DescribedKey.RDM_MEM_BOUNDARY))
                        .map(text -> text.endsWith(KIB)
                                ? Long.parseLong(text.substring(0, text.length() - KIB.length()))
                                : Long.parseLong(text) * KIB_PER_MIB));
        Optional.ofNullable(keys.get(DescribedKey.RDM)).ifPresent(text -> {
            LibxlMembers rdm = new LibxlMembers();
            for (String parameter : text.split(",")) {
                int equals = parameter.indexOf('=');
                rdm.text(parameter.substring(0, equals), parameter.substring(equals + 1));
            }
            machine.object(DescribedKey.RDM.key(), rdm);
        });
    }

    private static Optional<Boolean> choice(Map<DescribedKey, String> keys, DescribedKey key) {
        return Optional.ofNullable(keys.get(key)).map(YES::equals);
    }

    /** The label of the domain while it runs. */
    static Optional<String> label(LibxlObject create, LibxlObject build) {
        return build.text(LABEL_LATER).or(() -> create.text(LABEL));
    }

    /** A value that is libxl's default, or has no effect on this kind of guest, is none. */
    static Map<DescribedKey, String> read(DomainType type, LibxlObject create, LibxlObject build) {
        Map<DescribedKey, String> keys = new EnumMap<>(DescribedKey.class);
        create.skip("oos");
        build.skip("stubdomain_memkb", "stubdomain_kernel", "stubdomain_ramdisk", "stubdomain_cmdline");
        if (type != DomainType.HVM) {
            build.flag(DescribedKey.ACPI.key()).filter(has -> !has).ifPresent(none -> keys.put(DescribedKey.ACPI, "0"));
        }
        create.text(DescribedKey.PASSTHROUGH.key())
                .filter(word -> !word.equals("disabled") && !word.equals("default"))
                .ifPresent(word -> keys.put(DescribedKey.PASSTHROUGH, word));
        if (build.text(LABEL_LATER).isPresent()) {
            create.text(LABEL).ifPresent(label -> keys.put(DescribedKey.INIT_SECLABEL, label));
        }
        if (build.flag(STUB_DOMAIN).orElse(false)) {
            keys.put(DescribedKey.DEVICE_MODEL_STUBDOMAIN_OVERRIDE, YES);
        }
        build.text(STUB_DOMAIN_LABEL)
                .ifPresent(label -> keys.put(DescribedKey.DEVICE_MODEL_STUBDOMAIN_SECLABEL, label));
        LibxlObject machine = build.object("type." + type.word());
        switch (type) {
            case PVH -> readShim(machine, keys);
            case HVM -> readMachine(machine, keys);
            case PV -> {
                // Only PVH and HVM guests have such members.
            }
        }
        return keys;
    }

    private static void readShim(LibxlObject machine, Map<DescribedKey, String> keys) {
        boolean shim = machine.flag(DescribedKey.PVSHIM.key()).orElse(false);
        if (shim) {
            keys.put(DescribedKey.PVSHIM, YES);
        }
        for (DescribedKey key :
                new DescribedKey[] {DescribedKey.PVSHIM_PATH, DescribedKey.PVSHIM_CMDLINE, DescribedKey.PVSHIM_EXTRA}) {
            machine.text(key.key()).filter(text -> shim).ifPresent(text -> keys.put(key, text));
        }
    }

    private static void readMachine(LibxlObject machine, Map<DescribedKey, String> keys) {
        if (machine.flag(DescribedKey.VKB_DEVICE.key()).orElse(false)) {
            keys.put(DescribedKey.VKB_DEVICE, YES);
        }
        Optional<String> kind = machine.text(GFX_KIND).filter(word -> !word.equals("default"));
        if (machine.flag(DescribedKey.GFX_PASSTHRU.key()).orElse(false)) {
            keys.put(DescribedKey.GFX_PASSTHRU, kind.orElse(YES));
        }
        machine.number(RDM_BOUNDARY, 0, Long.MAX_VALUE).stream()
                .filter(kib -> kib != DEFAULT_RDM_BOUNDARY)
                .mapToObj(kib -> kib % KIB_PER_MIB == 0 ? Long.toString(kib / KIB_PER_MIB) : kib + KIB)
                .forEach(text -> keys.put(DescribedKey.RDM_MEM_BOUNDARY, text));
        LibxlObject rdm = machine.object(DescribedKey.RDM.key());
        Optional<String> policy = rdm.text(RDM_POLICY);
        rdm.text(RDM_STRATEGY)
                .filter(strategy -> !strategy.equals("ignore"))
                .ifPresent(strategy -> keys.put(
                        DescribedKey.RDM,
                        RDM_STRATEGY + "=" + strategy
                                + policy.map(word -> "," + RDM_POLICY + "=" + word)
                                        .orElse("")));
    }
}
