// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.error.ConfigException;

/** Interprets the keys of a guest's QEMU, and those that are only read and written. */
final class XlDescribedSection {
    private static final Pattern RDM_IGNORED = Pattern.compile("strategy=ignore(?:,policy=(?:strict|relaxed))?");
    private static final Set<String> NOT_ASSIGNED = Set.of("default", "disabled");
    private static final String YES = "1";
    private static final String LABEL = "seclabel";

    private final XlSettings settings;
    private final Optional<DomainType> type;
    private final Map<DescribedKey, String> keys = new EnumMap<>(DescribedKey.class);

    XlDescribedSection(XlSettings settings, Optional<DomainType> type) {
        this.settings = settings;
        this.type = type;
    }

    private boolean is(DomainType one) {
        return type.equals(Optional.of(one));
    }

    /** The QEMU; the default one if a key is wrong and reported. */
    DeviceModel deviceModel() {
        List<String> arguments = Stream.of(
                        "device_model_args", is(DomainType.HVM) ? "device_model_args_hvm" : "device_model_args_pv")
                .flatMap(key -> settings.texts(key).stream())
                .toList();
        Optional<Path> program = settings.file("device_model_override");
        Optional<Confinement> confinement =
                settings.truth("dm_restrict").map(restricted -> restricted ? Confinement.REQUIRED : Confinement.OFF);
        Optional<String> user = settings.filled("device_model_user");
        return settings.valid(() -> new DeviceModel(program, arguments, confinement, user))
                .orElse(DeviceModel.DEFAULT);
    }

    /** The keys with a value that changes a guest of this kind. */
    Map<DescribedKey, String> keys() {
        passthrough();
        labels();
        ifTrue(DescribedKey.DEVICE_MODEL_STUBDOMAIN_OVERRIDE);
        if (is(DomainType.HVM)) {
            ifTrue(DescribedKey.VKB_DEVICE);
            rdm();
            settings.mib(DescribedKey.RDM_MEM_BOUNDARY.key())
                    .ifPresent(boundary -> keys.put(DescribedKey.RDM_MEM_BOUNDARY, Long.toString(boundary.toMiB())));
            graphics();
        } else if (!settings.truth(DescribedKey.ACPI.key()).orElse(true)) {
            keys.put(DescribedKey.ACPI, "0");
        }
        if (is(DomainType.PVH) && ifTrue(DescribedKey.PVSHIM)) {
            text(DescribedKey.PVSHIM_PATH);
            text(DescribedKey.PVSHIM_CMDLINE);
            text(DescribedKey.PVSHIM_EXTRA);
        }
        return keys;
    }

    /** A paravirtual screen, which xl gives a PV guest with the keys of an HVM guest's screen. */
    Optional<OtherDevice> screen() {
        if (!is(DomainType.PV) || !settings.truth("vnc").orElse(false)) {
            return Optional.empty();
        }
        Map<String, String> parameters = new HashMap<>();
        OtherDevice.Kind.FRAME_BUFFER.parameters().forEach((name, kind) -> {
            if (kind == OtherDevice.Type.CHOICE) {
                settings.truth(name).ifPresent(yes -> parameters.put(name, yes ? YES : "0"));
            } else {
                settings.text(name).ifPresent(text -> parameters.put(name, text));
            }
        });
        try {
            return Optional.of(new OtherDevice(OtherDevice.Kind.FRAME_BUFFER, parameters));
        } catch (ConfigException e) {
            settings.complain("vnc", "'vnc': " + e.getMessage());
            return Optional.empty();
        }
    }

    private boolean ifTrue(DescribedKey key) {
        boolean isTrue = settings.truth(key.key()).orElse(false);
        if (isTrue) {
            keys.put(key, YES);
        }
        return isTrue;
    }

    private void text(DescribedKey key) {
        settings.filled(key.key()).ifPresent(text -> keys.put(key, text));
    }

    private void passthrough() {
        settings.text(DescribedKey.PASSTHROUGH.key())
                .map(text -> text.toLowerCase(Locale.ROOT))
                .filter(word -> !NOT_ASSIGNED.contains(word))
                .ifPresent(word -> keys.put(DescribedKey.PASSTHROUGH, word));
    }

    /** The label of the domain. As in xl, a label for the time before it runs is the only one if there is no other. */
    Optional<String> label() {
        return settings.filled(LABEL).or(() -> settings.filled(DescribedKey.INIT_SECLABEL.key()));
    }

    private void labels() {
        if (settings.filled(LABEL).isPresent()) {
            text(DescribedKey.INIT_SECLABEL);
        }
        text(DescribedKey.DEVICE_MODEL_STUBDOMAIN_SECLABEL);
    }

    private void rdm() {
        settings.filled(DescribedKey.RDM.key())
                .filter(text -> !RDM_IGNORED.matcher(text).matches())
                .ifPresent(text -> keys.put(DescribedKey.RDM, text));
    }

    /** A boolean, or the kind of the card, of which {@code default} is QEMU's choice. */
    private void graphics() {
        Optional<String> word = settings.text(DescribedKey.GFX_PASSTHRU.key());
        if (word.filter(text -> text.equals("igd")).isPresent()) {
            keys.put(DescribedKey.GFX_PASSTHRU, "igd");
        } else if (word.filter(text -> text.equals("default")).isPresent()) {
            keys.put(DescribedKey.GFX_PASSTHRU, YES);
        } else if (word.isPresent()) {
            ifTrue(DescribedKey.GFX_PASSTHRU);
        }
    }
}
