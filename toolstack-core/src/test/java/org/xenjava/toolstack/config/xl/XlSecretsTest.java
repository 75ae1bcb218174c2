// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.ConfigException;

/** The password of a screen is in no message, whatever is wrong with the file around it. */
class XlSecretsTest {
    private static final String SECRET = "tops3cret";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vncpasswd = 'tops3cret\\n'",
                "vncpasswd = [ 'tops3cret' ]",
                "vncpasswd = 'tops3cret' 7",
                "vncpasswd = \"tops3cret",
                "vncpasswd = tops3cret",
                "vncpasswd 'tops3cret'",
                "vncpasswd = 7 tops3cret",
                "vncpasswd = [ tops3cret ]",
                "vncpasswd = 'tops3cret'; vnclisten = 'no address'",
                "vncpasswd = 'tops3cret'; vncdisplay = 99999",
                "vncpassword = 'tops3cret'",
                "spicepasswd = 'tops3cret'",
            })
    void aFileIsRefusedWithoutItsPassword(String line) {
        String source = "name = 'web'; type = 'hvm'; memory = 64\n" + line + "\n";
        try {
            XlConfigReader.Result result = XlConfigReader.parse(source, "web.cfg");
            assertFalse(result.warnings().toString().contains(SECRET), result.toString());
            assertFalse(result.config().toString().contains(SECRET), result.toString());
        } catch (ConfigException e) {
            assertFalse(e.getMessage().contains(SECRET), e.getMessage());
        }
    }

    @Test
    void aPasswordIsRead() {
        String source = "name = 'web'; type = 'hvm'; memory = 64; vncpasswd = 'tops3cret'";
        assertTrue(XlConfigReader.parse(source, "web.cfg")
                .config()
                .hvm()
                .orElseThrow()
                .graphics()
                .vnc()
                .orElseThrow()
                .password()
                .orElseThrow()
                .equals(SECRET));
    }
}
