// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.ConfigException;

/** Whatever a file holds, it is read or refused with a {@link ConfigException} whose every line has a position. */
class XlConfigFuzzTest {
    private static final String VALID =
            """
            # A guest
            name = "fuzz"; type = 'pvh'
            kernel = "/k"
            ramdisk = "/r"
            root = "/dev/xvda"; extra = "a\\tb"
            extra += " c"
            memory = 256
            maxmem = 0x200
            vcpus = 02; maxvcpus = "4"
            uuid = "ed1f72a6-4b8e-4cb0-9e0d-0c1c2d3e4f50"
            on_crash = "preserve"
            vif = [
              # none
            ]
            vnuma = [ ]
            boot = "cd"
            """;

    private static final String VALID_HVM =
            """
            name = "fuzz"; type = 'hvm'; memory = 256; maxmem = 512
            disk = [ 'phy:/dev/vg/x,hda,w', "format=qcow2, vdev=xvde, access=ro, target=/a,b", ',hdc:cdrom,r' ]
            vif = [ 'mac=00:16:3e:01:02:03, bridge=br0,rate=10Mb/s@20ms,type=ioemu', '' ]
            viridian = [ "defaults", "!freq" ]; boot = "dc"
            vga = "stdvga"; videoram = 32; vnclisten = "0.0.0.0:5"; vncpasswd = "secret"
            serial = [ 'pty' ]; usbdevice = 'tablet'; timer_mode = 1; tsc_mode = "native"; mmio_hole = 1024
            """;

    private static final String VALID_PASSTHROUGH =
            """
            name = "fuzz"; type = 'hvm'; memory = 256; seclabel = "a:b:c"; init_seclabel = "a:b:d"
            rdm = "strategy=host,policy=strict"; gfx_passthru = 'igd'; passthrough = "share_pt"
            ioports = [ '2f8-2ff', "3f8" ]; iomem = [ 'fe000,1', 'fe010,2@100' ]; irqs = [ '5', "7" ]
            """;

    private static final List<String> WORDS = List.of(
            "\"",
            "'",
            "\\",
            "\n",
            "\r\n",
            "\r",
            "#",
            "[",
            "]",
            "[[",
            "]]",
            ",",
            ";",
            "=",
            "+=",
            " ",
            "\0",
            "ä",
            "\uD83D",
            "name",
            "type",
            "memory",
            "kernel",
            "vcpus",
            "disk",
            "cdrom",
            "hda",
            "qcow2",
            ":",
            "/",
            "mac=",
            "0",
            "08",
            "0x",
            "-1",
            "99999999999999999999",
            "a");

    private int read;
    private int refused;

    @ParameterizedTest
    @ValueSource(strings = {VALID, VALID_HVM, VALID_PASSTHROUGH})
    void mutationsOfAValidTextAreReadOrRefused(String valid) {
        Random random = new Random(153);
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder(valid);
            for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
                int from = random.nextInt(text.length() + 1);
                int to = Math.min(text.length(), from + random.nextInt(6));
                text.replace(from, to, random.nextBoolean() ? WORDS.get(random.nextInt(WORDS.size())) : "");
            }
            judge(() -> XlConfigReader.parse(text.toString(), "fuzz.cfg"));
        }
        assertTrue(read > 100 && refused > 100, "one-sided: " + read + " read, " + refused + " refused");
    }

    @Test
    void randomWordsAreReadOrRefused() {
        Random random = new Random(7972);
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder();
            IntStream.range(0, random.nextInt(20)).forEach(n -> text.append(WORDS.get(random.nextInt(WORDS.size()))));
            judge(() -> XlConfigReader.parse(text.toString(), "fuzz.cfg"));
        }
        assertTrue(refused > 1_500);
    }

    @Test
    void randomBytesAreRefused(@TempDir Path directory) throws IOException {
        Random random = new Random(4);
        Path file = directory.resolve("fuzz.cfg");
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(100)];
            random.nextBytes(bytes);
            Files.write(file, bytes);
            judge(() -> XlConfigReader.read(file));
        }
        assertTrue(refused == 500);
    }

    private void judge(Runnable reading) {
        try {
            reading.run();
            read++;
        } catch (ConfigException e) {
            refused++;
            assertTrue(
                    e.getMessage().lines().allMatch(line -> line.matches(".*fuzz\\.cfg(:[1-9][0-9]*)?: .+")),
                    e.getMessage());
        }
    }
}
