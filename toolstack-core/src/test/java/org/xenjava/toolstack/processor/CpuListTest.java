// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.CpuSet;

class CpuListTest {
    /** Two nodes of two CPUs, and one CPU that is not there. */
    private static final List<Integer> NODES = List.of(0, 0, 1, 1, -1);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | 0",
                "0-1 | 0-1",
                "0,2-3 | 0,2-3",
                "all | 0-4",
                "all,^1 | 0,2-4",
                "1-3,^2 | 1,3",
                "^2,1-3 | 1-3",
                "node:0 | 0-1",
                "nodes:0-1 | 0-3",
                "node:0-1,^node:1,3 | 0-1,3",
                "node:1,^3 | 2",
                "^0 | none",
                "77 | none",
                "1-77 | 1-4",
                "0 , 2 | 0,2",
            })
    void elementsAreAppliedFromLeftToRight(String text, String cpus) {
        assertEquals(cpus, CpuList.parse(text).on(NODES).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1-", "-1", "3-1", "1,,2", "^all", "all,^all", "node", "node:x", "1;2", "999999"})
    void otherTextsAreRefused(String text) {
        assertThrows(ConfigException.class, () -> CpuList.parse(text));
    }

    @Test
    void aListIsTheSetThatItMeans() {
        assertEquals(CpuList.parse("0-1,3"), CpuList.parse("0-3,^2"));
        assertEquals("0-1,3", CpuList.parse("3,0-1").toString());
        assertEquals("all,^1", CpuList.parse("all,^1").toString());
        assertEquals("0,^0", CpuList.parse("0,^0").toString());
    }

    @Test
    void aSetIsAList() {
        assertEquals(CpuSet.of(0, 1, 3), CpuList.of(CpuSet.of(0, 1, 3)).on(NODES));
    }
}
