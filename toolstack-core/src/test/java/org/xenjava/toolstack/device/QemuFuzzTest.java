// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.xenjava.toolstack.device.view.Screenshot;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.fuzz.Fuzz;

/** Answers of a QEMU that its guest controls are understood, or refused with the documented exception. */
class QemuFuzzTest {
    @Provide
    Arbitrary<String> answers() {
        return Fuzz.damagedTexts(List.of(
                "{\"return\": {\"enabled\": true, \"host\": \"127.0.0.1\", \"service\": \"5900\", \"clients\": []}}",
                "{\"return\": {\"enabled\": false}}",
                "{\"return\": [{\"label\": \"serial0\", \"filename\": \"pty:/dev/pts/3\", \"frontend-open\": true}]}",
                "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such display\"}}"));
    }

    @Provide
    Arbitrary<byte[]> pictures() {
        byte[] header = "P6\n4 3\n255\n".getBytes(StandardCharsets.US_ASCII);
        return Fuzz.damaged(List.of(
                java.util.Arrays.copyOf(header, header.length + 36),
                "P6 43691 32768 255\n".getBytes(StandardCharsets.US_ASCII)));
    }

    @Property(seed = "153")
    void addressesOfVnc(@ForAll("answers") String line) {
        Fuzz.attempt(() -> QemuMonitor.vncOf(answer(line)), DeviceModelException.class);
    }

    @Property(seed = "153")
    void terminals(@ForAll("answers") String line) {
        Fuzz.attempt(() -> QemuMonitor.terminalsOf(answer(line)), DeviceModelException.class);
    }

    @Property(seed = "153")
    void errors(@ForAll("answers") String line) {
        Fuzz.attempt(
                () -> QmpAnswer.parse("QEMU", "query", line).member("error").text("desc"), DeviceModelException.class);
    }

    @Property(seed = "153")
    void screens(@ForAll("pictures") byte[] file) {
        Fuzz.attempt(() -> Screenshot.ofPpm(file).toPng(), DeviceModelException.class);
    }

    private static QmpAnswer answer(String line) {
        return QmpAnswer.parse("QEMU", "query", line).member("return");
    }
}
