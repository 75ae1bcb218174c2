// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.xenjava.toolstack.error.DeviceModelException;

/** A picture of a guest's screen at one moment. Immutable. */
public final class Screenshot {
    /** The limit of a picture in bytes: more than 4096 x 4096 pixels, the most of any emulated card. */
    public static final int MAX_PPM_BYTES = 64 << 20;

    private static final int BYTES_PER_PIXEL = 3;
    private static final int LONGEST_HEADER = 64;

    /** The header of a binary PPM of 8 bits, as QEMU writes it. */
    private static final Pattern PPM = Pattern.compile("P6\\s+(\\d{1,5})\\s+(\\d{1,5})\\s+255\\s");

    private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final byte PNG_BITS_PER_CHANNEL = 8;
    private static final byte PNG_RGB = 2;

    private final int width;
    private final int height;
    private final ByteBuffer pixels;

    private Screenshot(int width, int height, ByteBuffer pixels) {
        this.width = width;
        this.height = height;
        this.pixels = pixels;
    }

    /**
     * {@return the picture in a file of QEMU's format, a binary PPM}
     *
     * @param file the whole file
     * @throws DeviceModelException if the file has another format or is incomplete
     */
    public static Screenshot ofPpm(byte[] file) {
        String beginning = new String(file, 0, Math.min(file.length, LONGEST_HEADER), StandardCharsets.ISO_8859_1);
        Matcher header = PPM.matcher(beginning);
        if (header.lookingAt()) {
            int width = Integer.parseInt(header.group(1));
            int height = Integer.parseInt(header.group(2));
            long bytes = (long) width * height * BYTES_PER_PIXEL;
            if (bytes > 0 && file.length - header.end() == bytes) {
                return new Screenshot(
                        width,
                        height,
                        ByteBuffer.wrap(file, header.end(), (int) bytes).slice());
            }
        }
        throw new DeviceModelException(
                "QEMU's picture of the screen, " + file.length + " bytes, is not a complete PPM");
    }

    /** {@return the width in pixels} */
    public int width() {
        return width;
    }

    /** {@return the height in pixels} */
    public int height() {
        return height;
    }

    /** {@return the picture as a PNG file (ISO 15948)} */
    public byte[] toPng() {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes(PNG_SIGNATURE);
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        // No palette, no interlacing.
        header.put(PNG_BITS_PER_CHANNEL).put(PNG_RGB).put(new byte[3]);
        writeChunk(png, "IHDR", header.array());
        writeChunk(png, "IDAT", deflated(lines()));
        writeChunk(png, "IEND", new byte[0]);
        return png.toByteArray();
    }

    /** The lines of pixels, each behind a byte for its filter, which is none. */
    private byte[] lines() {
        int lineBytes = width * BYTES_PER_PIXEL;
        byte[] lines = new byte[height * (1 + lineBytes)];
        for (int y = 0; y < height; y++) {
            pixels.get(y * lineBytes, lines, y * (1 + lineBytes) + 1, lineBytes);
        }
        return lines;
    }

    private static byte[] deflated(byte[] bytes) {
        Deflater deflater = new Deflater();
        try {
            deflater.setInput(bytes);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 14];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        } finally {
            deflater.end();
        }
    }

    private static void writeChunk(ByteArrayOutputStream png, String type, byte[] content) {
        byte[] named = ByteBuffer.allocate(Integer.BYTES + content.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(content)
                .array();
        CRC32 crc = new CRC32();
        crc.update(named);
        png.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(content.length).array());
        png.writeBytes(named);
        png.writeBytes(
                ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array());
    }
}
