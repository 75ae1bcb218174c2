// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.StringJoiner;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.image.pv.AddressSpace.RamdiskAddress;

/**
 * Compares the memory of a PV guest, byte by byte, with the one that libxl 4.17 made for Debian's kernels 6.1 (pv1, and pv2
 * with two vCPUs), 5.10 and 6.12, given the machine frames that Xen gave to libxl.
 */
class RecordedPvBuildTest {
    private static final int PAGE_BYTES = 4096;

    /** The recorded numbers of one guest. */
    private static final class Recording {
        private final Properties facts = new Properties();
        private final PvLayout layout;
        private final MachineFrames frames = new MachineFrames();

        private Recording(String name) throws IOException {
            try (InputStream in = Recording.class.getResourceAsStream(name + ".properties")) {
                facts.load(Objects.requireNonNull(in, name));
            }
            AddressSpace addresses =
                    new AddressSpace(number("base"), OptionalLong.of(number("p2mBase")), RamdiskAddress.FRAME);
            layout = PvLayout.of("kernel", addresses, number("kernelEnd"), ramdiskBytes(), number("pages"));
            for (String extent : text("extents").split(" ")) {
                frames.append(Long.decode(extent), 512);
            }
        }

        private String text(String key) {
            return Objects.requireNonNull(facts.getProperty(key), key);
        }

        private long number(String key) {
            return Long.parseUnsignedLong(text(key).replace("0x", ""), text(key).startsWith("0x") ? 16 : 10);
        }

        private long ramdiskBytes() {
            return number("ramdiskPages") * PAGE_BYTES;
        }

        private byte[] tables(int range) {
            PfnRange pages = layout.tables().ranges().get(range);
            ByteBuffer content = ByteBuffer.allocate((int) pages.count() * PAGE_BYTES);
            layout.tables().fill(pages, 0, frames, content);
            return content.array();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pv1", "pv2", "k510", "k612"})
    void thePageTablesOfTheInitialMappingAreLibxls(String name) throws IOException {
        Recording libxl = new Recording(name);
        assertEquals(
                libxl.number("tablePages"),
                libxl.layout.tables().ranges().get(0).count());
        assertEquals(libxl.number("tableCrc"), crc(libxl.tables(0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pv1", "pv2", "k510", "k612"})
    void theListOfMachineFramesAndItsTablesAreLibxls(String name) throws IOException {
        Recording libxl = new Recording(name);
        ByteBuffer list = ByteBuffer.allocate((int) libxl.layout.p2mList().count() * PAGE_BYTES);
        libxl.frames.fillList(0, list);
        byte[] tables = libxl.tables(1);
        byte[] all = Arrays.copyOf(list.array(), list.capacity() + tables.length);
        System.arraycopy(tables, 0, all, list.capacity(), tables.length);
        assertEquals(libxl.number("listPages"), all.length / PAGE_BYTES);
        assertEquals(libxl.number("listCrc"), crc(all));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pv1", "pv2", "k510", "k612"})
    void theStartInfoIsLibxls(String name) throws IOException {
        Recording libxl = new Recording(name);
        assertEquals(libxl.number("ramdiskPfn"), libxl.layout.ramdisk().first());
        PvStartInfo startInfo = new PvStartInfo(libxl.layout, libxl.text("commandLine"), libxl.ramdiskBytes());
        byte[] page = startInfo.page(new PvStartInfo.Domain(libxl.frames, libxl.number("sharedInfo"), 1, 2));
        assertEquals(libxl.number("startInfoCrc"), crc(page));
        assertEquals(libxl.number("sharedInfoCrc"), crc(PvStartInfo.sharedInfo()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pv1", "pv2", "k510", "k612"})
    void theRegistersOfTheFirstVcpuAreLibxls(String name) throws IOException {
        Recording libxl = new Recording(name);
        long root = libxl.frames.of(libxl.layout.tables().root());
        ByteBuffer context = ByteBuffer.wrap(PvVcpu.context(libxl.layout, libxl.number("entry"), root))
                .order(ByteOrder.LITTLE_ENDIAN);
        StringJoiner words = new StringJoiner(" ");
        for (int at = 0; at < context.capacity(); at += Long.BYTES) {
            if (context.getLong(at) != 0) {
                words.add(at + "=0x" + Long.toHexString(context.getLong(at)));
            }
        }
        assertEquals(libxl.text("context"), words.toString());
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }
}
