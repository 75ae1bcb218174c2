// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.Base;
import org.xenjava.toolstack.config.ClockConfig.TimerMode;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.CpuidEdit;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.PagingConfig.Altp2m;
import org.xenjava.toolstack.config.PagingConfig.Mode;
import org.xenjava.toolstack.config.ProcessorConfig;
import org.xenjava.toolstack.config.ProcessorConfig.Feature;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Interprets the keys of time, limits, paging and processors, which Xen itself provides to every guest. */
final class XlXenSection {
    private final XlSettings settings;
    private final boolean isHvm;
    private final boolean isPv;

    XlXenSection(XlSettings settings, Optional<DomainType> type) {
        this.settings = settings;
        this.isHvm = type.equals(Optional.of(DomainType.HVM));
        this.isPv = type.equals(Optional.of(DomainType.PV));
    }

    /** The clock. A wrong key is reported and gets its default. */
    ClockConfig clock() {
        Base base = settings.truth("localtime").orElse(false) ? Base.LOCAL_TIME : Base.UTC;
        int offset = settings.integer("rtc_timeoffset").orElse(0);
        TscMode mode =
                settings.mode("tsc_mode", TscMode.values(), TscMode::word).orElse(TscMode.DEFAULT);
        if (isPv && settings.has("timer_mode")) {
            settings.complain("timer_mode", "'timer_mode' is not for PV guests; xl refuses it too");
        }
        TimerMode timer = settings.mode("timer_mode", TimerMode.values(), TimerMode::word)
                .orElse(ClockConfig.DEFAULT.timerMode());
        return new ClockConfig(base, offset, mode, timer);
    }

    /** The limits; the default ones if a key is wrong and reported. */
    LimitsConfig limits() {
        OptionalInt grants = limit("max_grant_frames");
        OptionalInt maptrack = limit("max_maptrack_frames");
        int channels = settings.integer("max_event_channels").orElse(LimitsConfig.DEFAULT.eventChannels());
        OptionalInt version = limit("max_grant_version");
        return settings.valid(() -> new LimitsConfig(grants, maptrack, channels, version))
                .orElse(LimitsConfig.DEFAULT);
    }

    /** The paging; the default one if a key is wrong and reported. */
    PagingConfig paging() {
        Mode mode = settings.truth("hap").orElse(true) ? Mode.HARDWARE_ASSISTED : Mode.SHADOW;
        Optional<KiB> pool = settings.mib("shadow_memory");
        Altp2m altp2m = altp2m();
        OptionalInt count = limit("altp2m_count");
        return settings.valid(() -> new PagingConfig(mode, pool, altp2m, count)).orElse(PagingConfig.DEFAULT);
    }

    /** xl's older key {@code altp2mhvm} counts for HVM guests whose {@code altp2m} says nothing else. */
    private Altp2m altp2m() {
        Altp2m mode = settings.mode("altp2m", Altp2m.values(), Altp2m::word).orElse(Altp2m.DISABLED);
        if (isHvm && settings.has("altp2mhvm")) {
            settings.warn("altp2mhvm", "'altp2mhvm' is deprecated: write altp2m = \"mixed\"");
            if (mode == Altp2m.DISABLED && settings.truth("altp2mhvm").orElse(false)) {
                return Altp2m.MIXED;
            }
        }
        return mode;
    }

    /** The processors; the default ones if a key is wrong and reported. */
    ProcessorConfig processor() {
        Set<Feature> features = Stream.of(Feature.values())
                .filter(feature -> settings.truth(feature.word()).orElse(false))
                .collect(Collectors.toSet());
        List<CpuidEdit> cpuid = cpuid();
        KiB buffer = settings.number("vmtrace_buf_kb").stream()
                .mapToObj(KiB::of)
                .findAny()
                .orElse(KiB.ZERO);
        return settings.valid(() -> new ProcessorConfig(features, cpuid, buffer))
                .orElse(ProcessorConfig.DEFAULT);
    }

    private List<CpuidEdit> cpuid() {
        try {
            return settings.isList("cpuid")
                    ? XlCpuid.ofRegisters(settings.texts("cpuid"))
                    : settings.text("cpuid").map(XlCpuid::ofNames).orElse(List.of());
        } catch (ConfigException e) {
            settings.complain("cpuid", "'cpuid': " + e.getMessage());
            return List.of();
        }
    }

    /** The options; {@code e820_host} is read for PV guests only. */
    Set<GuestOption> options() {
        return Stream.of(GuestOption.values())
                .filter(option -> option != GuestOption.E820_HOST || isPv)
                .filter(option -> settings.truth(option.word()).orElse(false) || isImplied(option))
                .collect(Collectors.toSet());
    }

    /** A PV guest with a PCI device sees the host's memory map, as in xl. */
    private boolean isImplied(GuestOption option) {
        return option == GuestOption.E820_HOST && !settings.texts("pci").isEmpty();
    }

    private OptionalInt limit(String key) {
        return settings.integer(key).map(OptionalInt::of).orElse(OptionalInt.empty());
    }
}
