// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.common.collect.Iterables;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.conformance.Facts.Difference;
import org.xenjava.toolstack.memory.PodPolicy;

/** Compares the calls of our builder for a guest with those of {@code xl create -p}. */
class BuildConformanceTest {
    private static final String DIFFERENCES = "Differences of a PVH build";
    private static final String HVM_DIFFERENCES = "Differences of an HVM build";
    private static final String DEFAULT_POLICY = "What the default policy changes in a build";

    private static final String POD_TARGET = "set_pod_target.target_pages";
    private static final String MAX_MEM = "max_mem.max_memkb";
    private static final String MEMORY_TARGET = "xenstore /local/domain/N/memory/target";

    /** What QEMU writes, and what is told of it. */
    private static final Pattern OF_QEMU =
            Pattern.compile("xenstore .*(/vkbd\\b.*|/device-model/\\d+\\b.*|/domain/N/image(/.*)?)");

    private static final Map<LibxlRecording, Facts> BY_LIBXLS_RULE = new LinkedHashMap<>();
    private static final Map<LibxlRecording, Facts> BY_OUR_RULE = new LinkedHashMap<>();

    @BeforeAll
    static void buildAllGuests(@TempDir Path directory) {
        for (LibxlRecording guest : Iterables.concat(Recordings.PVH, Recordings.HVM)) {
            BY_LIBXLS_RULE.put(
                    guest, OwnBuild.of(guest, PodPolicy.libxl(), directory).facts());
            BY_OUR_RULE.put(
                    guest, OwnBuild.of(guest, PodPolicy.standard(), directory).facts());
        }
    }

    @Test
    void withLibxlsRuleAPvhBuildDiffersFromLibxlAsDocumentedAndInNothingElse() {
        assertEquals(DifferenceTable.documented(DIFFERENCES), differences(Recordings.PVH));
    }

    @Test
    void withLibxlsRuleAnHvmBuildDiffersFromLibxlAsDocumentedAndInNothingElse() {
        assertEquals(DifferenceTable.documented(HVM_DIFFERENCES), differences(Recordings.HVM));
    }

    private static String differences(List<LibxlRecording> guests) {
        DifferenceTable found = new DifferenceTable();
        guests.forEach(guest -> found.add(
                guest.shortName(),
                Facts.differences(guest.facts(), BY_LIBXLS_RULE.get(guest)).stream()
                        .filter(difference ->
                                !OF_QEMU.matcher(difference.fact()).matches())
                        .toList()));
        return found.text();
    }

    @Test
    void everyDifferenceHasAReason() {
        assertFalse(DifferenceTable.reasons(DIFFERENCES).contains(""));
        assertFalse(DifferenceTable.reasons(HVM_DIFFERENCES).contains(""));
    }

    @Test
    void theDefaultRuleChangesTheNumbersOfPodGuestsAndNothingElse() {
        BY_LIBXLS_RULE.forEach((guest, libxlsRule) -> {
            List<String> changed = Facts.differences(libxlsRule, BY_OUR_RULE.get(guest)).stream()
                    .map(Difference::fact)
                    .toList();
            boolean pod = !libxlsRule.get(POD_TARGET).equals(Facts.ABSENT);
            List<String> ofPod = Recordings.HVM.contains(guest)
                    ? List.of(MAX_MEM, POD_TARGET, MEMORY_TARGET)
                    : List.of(MAX_MEM, POD_TARGET);
            assertEquals(pod ? ofPod : List.of(), changed, guest.name());
        });
    }

    @Test
    void theNumbersOfTheDefaultRuleAreTheDocumentedOnes() {
        String numbers = BY_OUR_RULE.entrySet().stream()
                .map(entry -> numbers(entry.getKey(), entry.getKey().facts(), entry.getValue()))
                .collect(Collectors.joining("\n"));
        String documented = DifferenceTable.rowsBelow(DEFAULT_POLICY).stream()
                .map(cells -> String.join(" ", cells))
                .collect(Collectors.joining("\n"));
        assertEquals(documented, numbers);
    }

    private static String numbers(LibxlRecording guest, Facts libxl, Facts ours) {
        return String.join(
                " ",
                guest.shortName(),
                libxl.get(POD_TARGET),
                ours.get(POD_TARGET),
                libxl.get(MAX_MEM),
                ours.get(MAX_MEM));
    }
}
