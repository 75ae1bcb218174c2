// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.xl.XlConf.Autoballoon;
import org.xenjava.toolstack.error.ConfigException;

/** xl.conf(5), as far as this library follows it. */
class XlConfTest {
    @ParameterizedTest
    @CsvSource({"auto,AUTO", "on,ON", "1,ON", "off,OFF", "0,OFF"})
    void autoballoonIsRead(String word, Autoballoon wanted) {
        assertEquals(
                wanted,
                XlConf.parse("autoballoon=\"" + word + "\"\n", "xl.conf").autoballoon());
    }

    @Test
    void debiansFileSetsNothing() {
        assertEquals(
                XlConf.DEFAULT,
                XlConf.parse("## Global XL config file ##\n#autoballoon=\"auto\"\n\n#vm.cpumask=\"0-7\"\n", "xl.conf"));
        assertEquals(XlConf.DEFAULT, XlConf.read(Path.of("/there/is/no/xl.conf")));
    }

    @Test
    void otherSettingsAreIgnoredAndTheLockIsRead() {
        XlConf settings = XlConf.parse(
                "run_hotplug_scripts=1\nlockfile=\"/run/xl.lock\"\nvif.default.bridge=\"xenbr1\"\n", "xl.conf");
        assertEquals(Optional.of(Path.of("/run/xl.lock")), settings.lockFile());
    }

    @Test
    void aValueWithoutAMeaningIsNamedWithItsLine() {
        ConfigException e =
                assertThrows(ConfigException.class, () -> XlConf.parse("# no\nautoballoon=\"perhaps\"\n", "xl.conf"));
        assertEquals("xl.conf:2: autoballoon is auto, on or off, not 'perhaps'", e.getMessage());
    }
}
