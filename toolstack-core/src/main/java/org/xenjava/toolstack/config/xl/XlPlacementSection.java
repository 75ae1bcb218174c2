// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;

/** The keys of a file about physical CPUs: {@code cpus}, {@code cpus_soft}, {@code cpu_weight}, {@code cap}, {@code pool}. */
final class XlPlacementSection {
    private final XlSettings settings;
    private final int maxVcpus;

    XlPlacementSection(XlSettings settings, int maxVcpus) {
        this.settings = settings;
        this.maxVcpus = maxVcpus;
    }

    CpuPlacement placement() {
        List<CpuList> hard = lists("cpus");
        List<CpuList> soft = lists("cpus_soft");
        OptionalInt weight = number("cpu_weight");
        OptionalInt cap = number("cap");
        Optional<String> pool = settings.text("pool");
        return settings.valid(() -> new CpuPlacement(hard, soft, weight, cap, pool))
                .orElse(CpuPlacement.DEFAULT);
    }

    private OptionalInt number(String key) {
        return settings.integer(key).map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    /** A text is for all vCPUs; a list has an element for each, and those beyond its end run anywhere. */
    private List<CpuList> lists(String key) {
        boolean each = settings.isList(key);
        List<CpuList> read = settings.textOrTexts(key).stream()
                .flatMap(text -> list(key, text).stream())
                .toList();
        if (each || read.isEmpty()) {
            return read.subList(0, Math.min(read.size(), maxVcpus));
        }
        return read.get(0).equals(CpuList.parse("all")) ? List.of() : Collections.nCopies(maxVcpus, read.get(0));
    }

    private Optional<CpuList> list(String key, String text) {
        try {
            return Optional.of(CpuList.parse(text));
        } catch (ConfigException e) {
            settings.complain(key, "'" + key + "': " + e.getMessage());
            return Optional.empty();
        }
    }
}
