// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedactionTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "vncpasswd=\"s3 cret\" vnc=1|vncpasswd=\"[redacted]\" vnc=1",
                "vncpasswd = 's\\'3'|vncpasswd = '[redacted]'",
                "create web.cfg vncpasswd=s3cret name=a|create web.cfg vncpasswd=[redacted] name=a",
                "{\"password\":\"s3\\\"cret\",\"port\":1}|{\"password\":\"[redacted]\",\"port\":1}",
                "spicepasswd=\"a\";VNCPASSWD=\"b\"|spicepasswd=\"[redacted]\";VNCPASSWD=\"[redacted]\"",
                "vnc=1,passthrough=0|vnc=1,passthrough=0",
            })
    void aPasswordInASettingIsReplaced(String text, String redacted) {
        assertEquals(redacted, Redaction.SECRETS.text(text));
        assertEquals(text, Redaction.NONE.text(text));
    }

    @Test
    void theValueOfANodeNamedAfterAPasswordIsReplaced() {
        byte[] value = "s3cret".getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(
                "[redacted]".getBytes(StandardCharsets.UTF_8),
                Redaction.SECRETS.value("/local/domain/0/backend/vfb/1/0/vncpasswd", value));
        assertArrayEquals(value, Redaction.SECRETS.value("/local/domain/0/passwd/name", value));
        assertArrayEquals(value, Redaction.NONE.value("/vncpasswd", value));
    }

    @Test
    void bytesThatAreNoTextStayAsTheyAre() {
        byte[] value = {0, -1, (byte) 0xc3, 0x28, 10};
        assertArrayEquals(value, Redaction.SECRETS.value("/a", value));
    }

    @Test
    void theSettingOfAConfigurationInAValueIsReplaced() {
        byte[] value = "name = \"wéb\"\nvncpasswd = \"s3cret\"\nvnc = 1\n".getBytes(StandardCharsets.UTF_8);
        byte[] redacted = "name = \"wéb\"\nvncpasswd = \"[redacted]\"\nvnc = 1\n".getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(redacted, Redaction.SECRETS.value("/libxl/1/config", value));
    }
}
