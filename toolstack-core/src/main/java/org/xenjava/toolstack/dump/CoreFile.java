// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * An ELF file of sections only. Pages are written in order, the headers last. Pages of zeroes are holes in the file.
 */
final class CoreFile {
    private static final int EHDR_BYTES = 64;
    private static final int SHDR_BYTES = 64;
    private static final int MOST_SECTIONS = 8;
    private static final int ET_CORE = 4;
    private static final int EM_X86_64 = 62;
    private static final int SHT_PROGBITS = 1;
    private static final int SHT_STRTAB = 3;
    private static final int SHT_NOTE = 7;
    private static final int NAMES_INDEX = 1;
    /** ELF, 64 bits, little-endian, version 1. */
    private static final byte[] IDENT = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    private final FileChannel file;
    private final List<Section> sections = new ArrayList<>();
    private final List<Long> gfns = new ArrayList<>();
    private final long pagesAt;
    private long end;

    private record Section(String name, int type, long offset, long size, long align, long entrySize) {}

    /** @param others bytes in front of the pages, for the sections that {@link #finish} writes */
    CoreFile(FileChannel file, long others) {
        this.file = file;
        this.end = EHDR_BYTES + MOST_SECTIONS * (long) SHDR_BYTES;
        this.pagesAt = aligned(end + others, Pages.BYTES);
    }

    private static long aligned(long offset, long to) {
        return (offset + to - 1) / to * to;
    }

    /** Writes the page of a guest frame behind those that are there. */
    void page(long gfn, ByteBuffer bytes) throws IOException {
        if (!isZero(bytes)) {
            write(pagesAt + gfns.size() * (long) Pages.BYTES, bytes);
        }
        gfns.add(gfn);
    }

    long pages() {
        return gfns.size();
    }

    private static boolean isZero(ByteBuffer bytes) {
        for (int at = bytes.position(); at < bytes.limit(); at += Long.BYTES) {
            if (bytes.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Writes everything but the pages, after the last page. */
    void finish(byte[] notes, byte[] vcpus, int vcpuBytes) throws IOException {
        String[] names = {"", ".shstrtab", ".note.Xen", ".xen_prstatus", ".xen_pages", ".xen_pfn"};
        byte[] nameBytes = (String.join("\0", names) + "\0").getBytes(StandardCharsets.US_ASCII);
        sections.add(new Section("", 0, 0, 0, 0, 0));
        add(".shstrtab", SHT_STRTAB, nameBytes, 1, 0);
        add(".note.Xen", SHT_NOTE, notes, 4, 0);
        add(".xen_prstatus", SHT_PROGBITS, vcpus, 8, vcpuBytes);
        if (end > pagesAt) {
            throw new IllegalStateException("sections of " + end + " bytes do not fit before the pages");
        }
        long pageBytes = gfns.size() * (long) Pages.BYTES;
        sections.add(new Section(".xen_pages", SHT_PROGBITS, pagesAt, pageBytes, Pages.BYTES, Pages.BYTES));
        end = pagesAt + pageBytes;
        ByteBuffer numbers = buffer(gfns.size() * Long.BYTES);
        numbers.asLongBuffer().put(Longs.toArray(gfns));
        add(".xen_pfn", SHT_PROGBITS, numbers.array(), 8, Long.BYTES);
        write(0, headers(names));
    }

    private void add(String name, int type, byte[] content, long align, long entrySize) throws IOException {
        end = aligned(end, align);
        sections.add(new Section(name, type, end, content.length, align, entrySize));
        write(end, ByteBuffer.wrap(content));
        end += content.length;
    }

    private ByteBuffer headers(String[] names) {
        ByteBuffer headers = buffer(EHDR_BYTES + sections.size() * SHDR_BYTES);
        headers.put(IDENT)
                .putShort((short) ET_CORE)
                .putShort((short) EM_X86_64)
                .putInt(1)
                .putLong(0)
                .putLong(0)
                .putLong(EHDR_BYTES)
                .putInt(0)
                .putShort((short) EHDR_BYTES)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) SHDR_BYTES)
                .putShort((short) sections.size())
                .putShort((short) NAMES_INDEX);
        int name = 0;
        for (int i = 0; i < sections.size(); i++) {
            Section section = sections.get(i);
            headers.putInt(name)
                    .putInt(section.type())
                    .putLong(0)
                    .putLong(0)
                    .putLong(section.offset())
                    .putLong(section.size())
                    .putInt(0)
                    .putInt(0)
                    .putLong(section.align())
                    .putLong(section.entrySize());
            name += names[i].length() + 1;
        }
        return headers.flip();
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void write(long offset, ByteBuffer bytes) throws IOException {
        GuestPageFile.write(file, offset, bytes);
    }
}
