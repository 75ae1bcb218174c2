// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.DeviceModelException;

class ScreenshotTest {
    @Test
    void anotherReaderOfPngFindsThePixelsOfThePpm() throws IOException {
        byte[] pixels = new byte[720 * 400 * 3];
        new Random(1).nextBytes(pixels);
        ByteArrayOutputStream ppm = new ByteArrayOutputStream();
        ppm.writeBytes("P6\n720 400\n255\n".getBytes(StandardCharsets.US_ASCII));
        ppm.writeBytes(pixels);

        Screenshot screenshot = Screenshot.ofPpm(ppm.toByteArray());
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(screenshot.toPng()));

        assertEquals(720, image.getWidth());
        assertEquals(400, image.getHeight());
        for (int y = 0; y < 400; y++) {
            for (int x = 0; x < 720; x++) {
                int at = (y * 720 + x) * 3;
                int expected = (pixels[at] & 0xff) << 16 | (pixels[at + 1] & 0xff) << 8 | pixels[at + 2] & 0xff;
                assertEquals(expected, image.getRGB(x, y) & 0xffffff);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "P6\n2 1\n255\nRGBrg", "P6\n2 1\n255\nRGBrgbx", "P5\n2 1\n255\nRGBrgb", "P6\n0 0\n255\n"})
    void whatIsNoWholePictureIsRefused(String file) {
        assertThrows(DeviceModelException.class, () -> Screenshot.ofPpm(file.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Test
    void aPictureWhoseSizeOverflowsAnIntIsRefused() {
        // 43691 * 32768 * 3 is 2^32 + 32768.
        byte[] header = "P6 43691 32768 255\n".getBytes(StandardCharsets.US_ASCII);
        byte[] file = Arrays.copyOf(header, header.length + 32768);

        assertThrows(DeviceModelException.class, () -> Screenshot.ofPpm(file));
    }
}
