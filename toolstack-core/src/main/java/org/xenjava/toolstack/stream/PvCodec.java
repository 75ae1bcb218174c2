// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Reads and writes the bodies of the records that only PV domains have, and checks their sizes. */
final class PvCodec {
    private static final int INFO_BYTES = 8;
    private static final int WIDTH_64 = 8;
    private static final int LEVELS_64 = 4;
    private static final int WIDTH_32 = 4;
    private static final int LEVELS_32 = 3;
    private static final int HEADER_BYTES = 8;
    private static final int CONTEXT_64_BYTES = 5168;
    private static final int MOST_EXTENDED_BYTES = 128;
    private static final int LEAST_XSAVE_BYTES = 16;
    private static final int MSR_BYTES = 16;

    private final ByteSource source;

    PvCodec(ByteSource source) {
        this.source = source;
    }

    StreamRecord decode(LibxcType type, ByteBuffer body) {
        return switch (type) {
            case X86_PV_INFO -> info(body);
            case X86_PV_P2M_FRAMES -> p2mFrames(body);
            case SHARED_INFO -> {
                require(body.remaining() == Pages.BYTES, body);
                yield new PvRecord.SharedInfo(rest(body));
            }
            default -> vcpu(type, body);
        };
    }

    private PvRecord info(ByteBuffer body) {
        require(body.remaining() >= INFO_BYTES, body);
        int width = body.get();
        int levels = body.get();
        boolean known = width == WIDTH_64 && levels == LEVELS_64 || width == WIDTH_32 && levels == LEVELS_32;
        if (!known) {
            throw source.wrong("guests with addresses of " + width + " bytes and " + levels
                    + " levels of page tables do not exist");
        }
        return new PvRecord.Info(width, levels);
    }

    private PvRecord p2mFrames(ByteBuffer body) {
        require(body.remaining() >= HEADER_BYTES, body);
        long first = Integer.toUnsignedLong(body.getInt());
        long last = Integer.toUnsignedLong(body.getInt());
        if (first > last || body.remaining() != PvRecord.P2mFrames.pages(first, last) * Long.BYTES) {
            throw source.wrong(
                    body.remaining() + " bytes are no list of the pages for the pfns " + first + " to " + last);
        }
        return new PvRecord.P2mFrames(first, last, rest(body));
    }

    private PvRecord vcpu(LibxcType type, ByteBuffer body) {
        require(body.remaining() >= HEADER_BYTES, body);
        PvRecord.Part part = Arrays.stream(PvRecord.Part.values())
                .filter(one -> type(one) == type)
                .findFirst()
                .orElseThrow(() -> source.wrong("the record is not expected"));
        int vcpu = body.getInt();
        body.getInt();
        int bytes = body.remaining();
        // Older writers made empty records by accident.
        boolean fits = bytes == 0
                || switch (part) {
                    case BASIC -> bytes <= CONTEXT_64_BYTES;
                    case EXTENDED -> bytes <= MOST_EXTENDED_BYTES;
                    case XSAVE -> bytes >= LEAST_XSAVE_BYTES;
                    case MSRS -> bytes % MSR_BYTES == 0;
                };
        require(fits, body);
        return new PvRecord.Vcpu(part, vcpu, rest(body));
    }

    private void require(boolean condition, ByteBuffer body) {
        if (!condition) {
            throw source.wrong(body.remaining() + " bytes do not fit the record");
        }
    }

    private static Blob rest(ByteBuffer body) {
        byte[] bytes = new byte[body.remaining()];
        body.get(bytes);
        return Blob.of(bytes);
    }

    private static LibxcType type(PvRecord.Part part) {
        return switch (part) {
            case BASIC -> LibxcType.X86_PV_VCPU_BASIC;
            case EXTENDED -> LibxcType.X86_PV_VCPU_EXTENDED;
            case XSAVE -> LibxcType.X86_PV_VCPU_XSAVE;
            case MSRS -> LibxcType.X86_PV_VCPU_MSRS;
        };
    }

    static LibxcType type(PvRecord record) {
        if (record instanceof PvRecord.Info) {
            return LibxcType.X86_PV_INFO;
        } else if (record instanceof PvRecord.P2mFrames) {
            return LibxcType.X86_PV_P2M_FRAMES;
        } else if (record instanceof PvRecord.Vcpu vcpu) {
            return type(vcpu.part());
        }
        return LibxcType.SHARED_INFO;
    }

    static ByteBuffer encode(PvRecord record) {
        if (record instanceof PvRecord.Info info) {
            return ByteSink.buffer(INFO_BYTES)
                    .put((byte) info.width())
                    .put((byte) info.levels())
                    .putShort((short) 0)
                    .putInt(0)
                    .flip();
        } else if (record instanceof PvRecord.P2mFrames frames) {
            return ByteSink.buffer(HEADER_BYTES + frames.pages().size())
                    .putInt((int) frames.firstPfn())
                    .putInt((int) frames.lastPfn())
                    .put(frames.pages().bytes())
                    .flip();
        } else if (record instanceof PvRecord.Vcpu vcpu) {
            return ByteSink.buffer(HEADER_BYTES + vcpu.state().size())
                    .putInt(vcpu.vcpu())
                    .putInt(0)
                    .put(vcpu.state().bytes())
                    .flip();
        } else if (record instanceof PvRecord.SharedInfo info) {
            return ByteBuffer.wrap(info.page().bytes());
        }
        throw new IllegalArgumentException("the body of " + record + " is not known");
    }

    static String details(PvRecord record) {
        if (record instanceof PvRecord.Info info) {
            return info.width() * Byte.SIZE + "-bit guest, " + info.levels() + " levels of page tables";
        } else if (record instanceof PvRecord.P2mFrames frames) {
            return "pfns up to 0x" + Long.toHexString(frames.lastPfn()) + ", list of " + frames.count() + " pages";
        } else if (record instanceof PvRecord.Vcpu vcpu) {
            return "vCPU " + vcpu.vcpu() + ", " + vcpu.state().size() + " bytes";
        }
        return "";
    }
}
