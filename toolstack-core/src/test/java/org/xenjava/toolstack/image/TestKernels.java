// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import io.airlift.compress.zstd.ZstdCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.UnsupportedOptionsException;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** Kernels for tests, and the ways in which Linux's build wraps them. */
public final class TestKernels {
    static final long START = 0x100_0000;
    static final long ENTRY = START + 0x850;

    /** The virtual address of pfn 0 of the kernels for PV guests. */
    static final long PV_BASE = 0xffff_ffff_8000_0000L;

    private static final int SETUP_SECTORS = 2;
    private static final int PAYLOAD_GAP = 16;
    private static final int LARGE_BYTES = 67109064;

    private TestKernels() {}

    /** 16 KiB of code at 16 MiB, a page of zeros in it, and 8 KiB of zeros behind it. */
    public static byte[] linux() {
        return ElfBuilder.elf64()
                .load(START, code(0x4000), 0x6000)
                .note("GNU", 3, new byte[20])
                .note("Xen", ElfBuilder.GUEST_OS, "linux\0".getBytes(StandardCharsets.US_ASCII))
                .note("Xen", ElfBuilder.SUPPORTED_FEATURES, new byte[] {1, (byte) 0x88, 0, 0})
                .entry(ENTRY)
                .build();
    }

    /** The code of {@link #linux} with the notes of Debian's kernels, which let it start as PV guest as well. */
    public static byte[] pv() {
        return pvNotes(ElfBuilder.elf64())
                .load(START, code(0x4000), 0x6000)
                .entry(ENTRY)
                .build();
    }

    /** The notes of a Linux for PV guests. */
    static ElfBuilder pvNotes(ElfBuilder elf) {
        return elf.text(XenNotes.Type.XEN_VERSION.number(), "xen-3.0")
                .text(XenNotes.Type.GUEST_OS.number(), "linux")
                .text(XenNotes.Type.LOADER.number(), "generic")
                .text(ElfBuilder.FEATURES, "!writable_page_tables|pae_pgdir_above_4gb")
                .number(XenNotes.Type.VIRT_BASE.number(), PV_BASE)
                .number(XenNotes.Type.ENTRY.number(), PV_BASE + START + 0x1c0)
                .number(XenNotes.Type.INIT_P2M.number(), 0x80_0000_0000L)
                .number(XenNotes.Type.MOD_START_PFN.number(), 1);
    }

    /** The code of {@link #linux} with the notes of an old kernel: ramdisk and list of frames are inside its mapping. */
    public static byte[] oldPv() {
        return ElfBuilder.elf64()
                .load(START, code(0x4000), 0x6000)
                .text(XenNotes.Type.XEN_VERSION.number(), "xen-3.0")
                .text(XenNotes.Type.GUEST_OS.number(), "linux")
                .number(XenNotes.Type.VIRT_BASE.number(), PV_BASE)
                .number(XenNotes.Type.HYPERCALL_PAGE.number(), PV_BASE + START + 0x1000)
                .start(PV_BASE + START)
                .build();
    }

    /** A kernel of that many bytes, none of them zero. */
    public static byte[] large(int bytes) {
        byte[] code = new byte[bytes];
        Arrays.fill(code, (byte) 0x90);
        return ElfBuilder.elf64().load(START, code, bytes).entry(START).build();
    }

    /**
     * A bzImage around a kernel of 64 MiB, packed by a program with a dictionary of 128 MiB: {@code xz --check=crc32
     * --x86 --lzma2=dict=128MiB} and {@code zstd -22 --ultra --long=27}. The kernel is {@link #large}, with the same 68
     * KiB of noise at 1 MiB and at 63 MiB.
     *
     * @param suffix {@code xz} or {@code zst}
     */
    public static byte[] largeCompressed(String suffix) {
        return bzImage(withLength(Resources.bytes("large." + suffix), LARGE_BYTES));
    }

    /** {@link #linux} as a bzImage of xz. */
    public static byte[] compressed() {
        return bzImage(xz(linux()));
    }

    /** Unpacks a kernel if it is compressed, and reads it. */
    static PvhKernel parse(byte[] file) {
        ImageContent content = ImageContent.of("kernel", file);
        return PvhKernel.parse(KernelUnpacker.unpack(content, 512 << 20, HeapScratch::new)
                .map(HeapScratch::content)
                .orElse(content));
    }

    /** A kernel with a page of code in each of that many consecutive superpages of 2 MiB. */
    public static byte[] spreadOver(int superpages) {
        ElfBuilder elf = ElfBuilder.elf64().entry(START);
        for (int i = 0; i < superpages; i++) {
            elf.load(START + i * 0x20_0000L, code(0x1000), 0x1000);
        }
        return elf.build();
    }

    /** Repeatable bytes like a program's; the second page of them is zero. */
    static byte[] code(int length) {
        byte[] code = new byte[length];
        new Random(4711).nextBytes(code);
        for (int i = 0; i < length; i++) {
            code[i] = (byte) ((code[i] & 0x0f) + 1);
        }
        Arrays.fill(code, Math.min(length, 0x1000), Math.min(length, 0x2000), (byte) 0);
        return code;
    }

    /** A bzImage of the newest boot protocol around a payload. */
    static byte[] bzImage(byte[] payload) {
        int protectedMode = (SETUP_SECTORS + 1) * 512;
        ByteBuffer file = ByteBuffer.allocate(protectedMode + PAYLOAD_GAP + payload.length + 64)
                .order(ByteOrder.LITTLE_ENDIAN);
        file.put(0, "MZ".getBytes(StandardCharsets.US_ASCII));
        file.put(0x1f1, (byte) SETUP_SECTORS).putShort(0x1fe, (short) 0xaa55);
        file.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII)).putShort(0x206, (short) 0x020f);
        file.putInt(0x248, PAYLOAD_GAP).putInt(0x24c, payload.length);
        file.put(protectedMode + PAYLOAD_GAP, payload);
        return file.array();
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        write(bytes, content, GZIPOutputStream::new);
        return bytes.toByteArray();
    }

    /** As {@code scripts/xz_wrap.sh}: x86 filter, CRC32, and the length behind it. */
    static byte[] xz(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        write(
                bytes,
                content,
                out -> new XZOutputStream(out, new FilterOptions[] {new X86Options(), lzma2()}, XZ.CHECK_CRC32));
        return withLength(bytes.toByteArray(), content.length);
    }

    private static LZMA2Options lzma2() throws UnsupportedOptionsException {
        LZMA2Options options = new LZMA2Options();
        options.setDictSize(1 << 16);
        return options;
    }

    static byte[] zstd(byte[] content) {
        ZstdCompressor compressor = new ZstdCompressor();
        byte[] room = new byte[compressor.maxCompressedLength(content.length)];
        int length = compressor.compress(content, 0, content.length, room, 0, room.length);
        return withLength(Arrays.copyOf(room, length), content.length);
    }

    /** What Linux's build appends to compressed kernels: how long they were. */
    static byte[] withLength(byte[] compressed, int length) {
        return ByteBuffer.allocate(compressed.length + 4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(compressed)
                .putInt(length)
                .array();
    }

    private interface Wrapper {
        OutputStream around(OutputStream out) throws IOException;
    }

    private static void write(OutputStream target, byte[] content, Wrapper wrapper) {
        try (OutputStream out = wrapper.around(target)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
