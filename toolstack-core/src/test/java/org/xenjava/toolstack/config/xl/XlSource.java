// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlKey.Status;
import org.xenjava.toolstack.error.ConfigException;

/** Reads configurations that stand in a test. */
final class XlSource {
    private XlSource() {}

    static Stream<XlKey> keys(Status status) {
        Collection<XlKey> all = XlKeys.all();
        return all.stream().filter(key -> key.status() == status);
    }

    static DomainConfig silent(String source) {
        XlConfigReader.Result result = XlConfigReader.parse(source, "f");
        assertEquals(List.of(), result.warnings());
        return result.config();
    }

    static String warnings(String source) {
        return XlConfigReader.parse(source, "f").warnings().toString();
    }

    static String errors(String source) {
        return assertThrows(ConfigException.class, () -> XlConfigReader.parse(source, "f"))
                .getMessage();
    }
}
