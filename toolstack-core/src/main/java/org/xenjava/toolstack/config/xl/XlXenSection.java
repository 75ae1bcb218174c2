// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.Base;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.PagingConfig.Mode;
import org.xenjava.toolstack.config.TscMode;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Interprets the keys of time, limits and paging, which Xen itself provides to every guest. */
final class XlXenSection {
    private final XlSettings settings;

    XlXenSection(XlSettings settings) {
        this.settings = settings;
    }

    /** The clock. A wrong key is reported and gets its default. */
    ClockConfig clock() {
        Base base = settings.truth("localtime").orElse(false) ? Base.LOCAL_TIME : Base.UTC;
        int offset = settings.integer("rtc_timeoffset").orElse(0);
        TscMode mode =
                settings.mode("tsc_mode", TscMode.values(), TscMode::word).orElse(TscMode.DEFAULT);
        return new ClockConfig(base, offset, mode);
    }

    /** The limits; the default ones if a key is wrong and reported. */
    LimitsConfig limits() {
        OptionalInt grants = limit("max_grant_frames");
        OptionalInt maptrack = limit("max_maptrack_frames");
        int channels = settings.integer("max_event_channels").orElse(LimitsConfig.DEFAULT.eventChannels());
        return settings.valid(() -> new LimitsConfig(grants, maptrack, channels))
                .orElse(LimitsConfig.DEFAULT);
    }

    /** The paging; the default one if a key is wrong and reported. */
    PagingConfig paging() {
        Mode mode = settings.truth("hap").orElse(true) ? Mode.HARDWARE_ASSISTED : Mode.SHADOW;
        Optional<KiB> pool = settings.mib("shadow_memory");
        return settings.valid(() -> new PagingConfig(mode, pool)).orElse(PagingConfig.DEFAULT);
    }

    private OptionalInt limit(String key) {
        return settings.integer(key).map(OptionalInt::of).orElse(OptionalInt.empty());
    }
}
