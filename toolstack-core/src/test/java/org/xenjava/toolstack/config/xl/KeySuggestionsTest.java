// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeySuggestionsTest {

    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "'', abc, 3",
        "abc, '', 3",
        "abc, abc, 0",
        "kitten, sitting, 3",
        "nmae, name, 1",
        "ab, ba, 1",
        "abc, ca, 3"
    })
    void theDistanceIsTheFewestEdits(String from, String to, int distance) {
        assertEquals(distance, KeySuggestions.distance(from, to));
    }

    @Test
    void theClosestWordWinsAndTheFirstOfEquals() {
        assertEquals(Optional.of("vif"), KeySuggestions.closest("vifs", List.of("vfb", "vif", "vif2")));
    }

    @Test
    void aWordFarFromAllIsNotGuessed() {
        assertEquals(Optional.empty(), KeySuggestions.closest("xyz", List.of("pci", "vif")));
        assertEquals(Optional.empty(), KeySuggestions.closest("xyz", List.of()));
        assertEquals(Optional.empty(), KeySuggestions.closest("dhcp", List.of("hap", "disk")));
        assertEquals(Optional.empty(), KeySuggestions.closest("ip", List.of("p9", "vip")));
    }
}
