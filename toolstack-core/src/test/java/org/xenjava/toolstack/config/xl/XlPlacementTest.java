// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;

/** The keys about physical CPUs. */
class XlPlacementTest {
    private static DomainConfig read(String... lines) {
        return XlConfigReader.parse(
                        "name='g'\ntype='pvh'\nkernel='/k'\nmemory=64\nvcpus=2\nmaxvcpus=3\n"
                                + String.join("\n", lines),
                        "guest.cfg")
                .config();
    }

    private static List<String> words(List<?> lists) {
        return lists.stream().map(Object::toString).toList();
    }

    @Test
    void aStringIsForAllVcpusAndAListForEach() {
        assertEquals(
                List.of("0", "0", "0"), words(read("cpus='0-1,^1'").placement().hard()));
        assertEquals(
                List.of("2", "node:0"),
                words(read("cpus=['2', 'node:0']").placement().hard()));
        assertEquals(
                List.of("0", "1", "2"),
                words(read("cpus_soft=['0','1','2','3']").placement().soft()));
        assertEquals(CpuPlacement.DEFAULT, read("cpus='all'", "cpus_soft=[]").placement());
        assertEquals(List.of("3", "3", "3"), words(read("cpus=3").placement().hard()));
    }

    @Test
    void shareAndPoolAreRead() {
        CpuPlacement placement =
                read("cpu_weight=512", "cap=300", "pool='fast'").placement();
        assertEquals(OptionalInt.of(512), placement.weight());
        assertEquals(OptionalInt.of(300), placement.cap());
        assertEquals(Optional.of("fast"), placement.pool());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cpus='^all' | ^ and all cannot be combined",
                "cpus=['0','x'] | 'x' is none of",
                "cpu_weight=0 | cpu_weight is 1 … 65535, not 0",
                "cpu_weight=65536 | cpu_weight is 1 … 65535, not 65536",
                "cap=301 | cap is at most 100 for each of the 3 vCPUs, not 301",
                "pool='' | pool is empty",
            })
    void whatNoHostHasIsAnErrorOfItsLine(String line, String message) {
        String text = assertThrows(ConfigException.class, () -> read(line)).getMessage();
        assertTrue(text.startsWith("guest.cfg:7: ") && text.contains(message), text);
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        for (String line :
                List.of("cpus='0-1,^1'", "cpus=['2', 'node:0']", "cpus_soft=['1']", "cap=0", "cpu_weight=9")) {
            DomainConfig config = read(line, "pool='fast'");
            assertEquals(
                    config,
                    XlConfigReader.parse(XlConfigWriter.write(config), "written")
                            .config());
        }
    }
}
