// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Compares our mem-set of a paused guest with {@code xl mem-set}, step by step. */
class MemSetConformanceTest {
    private static final String DIFFERENCES = "Differences of a mem-set";
    private static final String DEFAULT_POLICY = "What the default policy changes in a mem-set";

    @TempDir
    private Path directory = Path.of("");

    @Test
    void withLibxlsRuleAMemSetDiffersFromLibxlAsDocumentedAndInNothingElse() {
        DifferenceTable found = new DifferenceTable();
        for (String guest : List.of("p1", "p4")) {
            Map<String, Facts> ours = memSets(guest, PodPolicy.libxl());
            ours.forEach((step, facts) -> found.add(step, Facts.differences(libxl(step), facts)));
        }
        assertEquals(DifferenceTable.documented(DIFFERENCES), found.text());
        assertFalse(DifferenceTable.reasons(DIFFERENCES).contains(""));
    }

    @Test
    void theDefaultRuleDiffersFromLibxlsAsDocumentedAndInNothingElse() {
        DifferenceTable found = new DifferenceTable();
        for (String guest : List.of("p1", "p4")) {
            Map<String, Facts> ours = memSets(guest, PodPolicy.standard());
            memSets(guest, PodPolicy.libxl())
                    .forEach((step, libxls) -> found.add(step, Facts.differences(libxls, ours.get(step))));
        }
        assertEquals(DifferenceTable.documented(DEFAULT_POLICY), found.text());
        assertFalse(DifferenceTable.reasons(DEFAULT_POLICY).contains(""));
    }

    private static Facts libxl(String step) {
        String[] words = step.split(" ");
        return MemSetSummary.of(Recordings.named(words[0]).memSet(words[1]));
    }

    /** All steps, by guest and step: {@code p1 up-300}. */
    private Map<String, Facts> memSets(String guest, PodPolicy policy) {
        LibxlRecording recording = Recordings.named(guest);
        OwnBuild build = OwnBuild.of(recording, policy, directory);
        Map<String, Facts> facts = new TreeMap<>();
        for (String step : Recordings.MEM_SETS) {
            KiB size = KiB.ofMiB(Long.parseLong(step.substring(step.indexOf('-') + 1)));
            // libxl, too, refuses more than static-max; then there is a transaction that is given up.
            boolean refused = libxl(guest + " " + step).get("max_mem").equals(Facts.ABSENT);
            List<Call> calls = build.memSet(step, domain -> {
                if (refused) {
                    assertThrows(ConfigException.class, () -> domain.memory().set(size));
                } else {
                    domain.memory().set(size);
                }
            });
            facts.put(guest + " " + step, MemSetSummary.of(calls));
        }
        return facts;
    }
}
