// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Named facts about a build or a mem-set; one that occurs several times has all its values, in order. */
final class Facts {
    /** Stands for a fact that one side has not. */
    static final String ABSENT = "–";

    private final Map<String, String> values = new TreeMap<>();

    /** One fact that is not the same on both sides. */
    record Difference(String fact, String libxl, String ours) {}

    void add(String fact, String value) {
        values.merge(fact, value, (before, next) -> before + ", " + next);
    }

    /** Only the last value counts. */
    void replace(String fact, String value) {
        values.put(fact, value);
    }

    String get(String fact) {
        return values.getOrDefault(fact, ABSENT);
    }

    static List<Difference> differences(Facts libxl, Facts ours) {
        Set<String> names = new LinkedHashSet<>(libxl.values.keySet());
        names.addAll(ours.values.keySet());
        List<Difference> differences = new ArrayList<>();
        for (String name : names) {
            if (!libxl.get(name).equals(ours.get(name))) {
                differences.add(new Difference(name, libxl.get(name), ours.get(name)));
            }
        }
        return differences;
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
