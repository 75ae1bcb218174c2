// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.config.xl.XlSource.keys;
import static org.xenjava.toolstack.config.xl.XlSource.warnings;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.config.xl.XlKey.Guests;
import org.xenjava.toolstack.config.xl.XlKey.Status;

/** Keys that a file may have and that change nothing. */
class XlIgnoredKeysTest {
    /** A PVH guest in one line, so that what a test adds is in line 2. */
    private static final String PVH = "name='x'; type='pvh'; kernel='/k'; memory=256\n";

    private static final String HVM = "name='x'; type='hvm'; memory=256\n";

    @Test
    void aKeyLikeNoOtherIsIgnoredWithAWarningAsXlDoes() {
        assertEquals(
                "[f:2: 'frobnicate' is ignored, as xl does: it is no key of xl.cfg]", warnings(PVH + "frobnicate=1"));
    }

    @Test
    void everyKeyOfAnotherToolIsIgnoredWithOneWarning() {
        XlLeftovers.BY_ORIGIN.forEach((origin, keys) -> {
            for (String key : keys.split(" ")) {
                assertEquals(Optional.empty(), XlKeys.find(key), key);
                assertEquals(
                        "[f:2: '" + key + "' is ignored, as xl does: it is a key of " + origin + "]",
                        warnings(PVH + key + "=[ '1' ]"));
            }
        });
    }

    @Test
    void aBootLoaderIsIgnoredInAnHvmGuest() {
        assertEquals(
                "[f:2: 'bootloader' is ignored, as xl does: it does not concern HVM guests]",
                warnings(HVM + "bootloader='pygrub'"));
    }

    static Stream<String> keysThatAreIgnored() {
        return keys(Status.IGNORED).map(XlKey::name);
    }

    @ParameterizedTest
    @MethodSource("keysThatAreIgnored")
    void anIgnoredKeyIsAWarning(String key) {
        String reason = XlKeys.find(key).orElseThrow().reason();
        assertEquals("[f:2: '" + key + "' is ignored: " + reason + "]", warnings(HVM + key + "='x'"));
    }

    @Test
    void anEmptyListAsksForNothing() {
        keys(Status.REFUSED)
                .filter(key -> key.kind().isList())
                .map(XlKey::name)
                .forEach(key -> assertEquals("[]", warnings(HVM + key + " = [ ]")));
    }

    @Test
    void theValueThatEveryGuestHasAnywayAsksForNothing() {
        List<XlKey> keys =
                keys(Status.REFUSED).filter(key -> key.harmless().isPresent()).toList();
        assertEquals(3, keys.size());
        for (XlKey key : keys) {
            assertEquals(
                    "[]", warnings(HVM + key.name() + " = '" + key.harmless().orElseThrow() + "'"));
        }
    }

    @Test
    void aKeyOfHvmGuestsIsIgnoredInAPvhGuestAsXlDoes() {
        List<XlKey> keys = XlKeys.all().stream()
                .filter(key -> key.guests() == Guests.HVM && key.status() != Status.IGNORED)
                .toList();
        assertTrue(keys.size() > 35);
        for (XlKey key : keys) {
            assertEquals(
                    "[f:2: '" + key.name() + "' is ignored, as xl does: it concerns HVM guests]",
                    warnings(PVH + key.name() + " = 17"));
        }
    }
}
