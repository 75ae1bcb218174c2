// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.stream.StreamRecord.DomainKind;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Reads libxc's stream and checks the order of its records. */
final class LibxcReader {
    private final ByteSource source;
    private final FrameNote note;
    private final PageReader pages;
    private final PvCodec pv;
    private boolean started;
    private DomainKind kind = DomainKind.HVM;
    private int version;
    private long unpadded;

    LibxcReader(ByteSource source, FrameNote note) {
        this.source = source;
        this.note = note;
        this.pages = new PageReader(source);
        this.pv = new PvCodec(source);
    }

    /** Reads the two headers. */
    StreamRecord start() throws IOException {
        ByteBuffer image = source.read(StreamFormat.LIBXC_HEADER_BYTES).order(ByteOrder.BIG_ENDIAN);
        if (image.getLong() != StreamFormat.LIBXC_MARKER || image.getInt() != StreamFormat.LIBXC_IDENT) {
            throw source.wrong("libxc's stream does not begin with its marker");
        }
        version = image.getInt();
        if (version != StreamFormat.LIBXC_VERSION && version != StreamFormat.LIBXC_OLD_VERSION) {
            throw source.wrong("version " + Integer.toUnsignedString(version) + " of libxc's stream is not supported");
        }
        if (image.getShort() != 0) {
            throw source.wrong("the options of libxc's stream, such as big-endian, are not supported");
        }
        if (image.getShort() != 0 || image.getInt() != 0) {
            throw source.wrong("the reserved fields of libxc's header are not zero");
        }
        ByteBuffer domain = source.read(StreamFormat.DOMAIN_HEADER_BYTES);
        int type = domain.getInt();
        if (type != StreamFormat.DOMAIN_PV && type != StreamFormat.DOMAIN_HVM) {
            throw source.wrong("domain type " + Integer.toUnsignedString(type) + " is not PV or HVM");
        }
        kind = type == StreamFormat.DOMAIN_PV ? DomainKind.PV : DomainKind.HVM;
        int pageShift = domain.getShort();
        if (pageShift != Pages.SHIFT || domain.getShort() != 0) {
            throw source.wrong("pages of 2^" + pageShift + " bytes are not supported");
        }
        if (version == StreamFormat.LIBXC_OLD_VERSION) {
            started = true;
        }
        return new StreamRecord.ImageStart(version, kind, domain.getInt(), domain.getInt());
    }

    StreamRecord next() throws IOException {
        if (pages.hasNext()) {
            return pages.batch();
        }
        source.skipPadding(unpadded);
        long offset = source.offset();
        source.reading("the header of a record of libxc's stream");
        ByteBuffer header = source.read(StreamFormat.RECORD_HEADER_BYTES);
        int number = header.getInt();
        long length = Integer.toUnsignedLong(header.getInt());
        if (length > LibxcType.LONGEST_RECORD) {
            throw source.wrong(length + " bytes are more than a record may have");
        }
        unpadded = length;
        Optional<LibxcType> type = LibxcType.of(number);
        return type.isPresent() ? known(type.get(), length, offset) : unknown(number, length, offset);
    }

    private StreamRecord known(LibxcType type, long length, long offset) throws IOException {
        source.reading(type.name());
        note.frame(type.name(), offset, length);
        check(type, length);
        started |= type == LibxcType.STATIC_DATA_END;
        if (type == LibxcType.PAGE_DATA) {
            pages.begin(length);
            return pages.batch();
        }
        return decode(type, source.read(length));
    }

    private StreamRecord unknown(int number, long length, long offset) throws IOException {
        String name = String.format(Locale.ROOT, "record type 0x%x", number);
        if ((number & LibxcType.OPTIONAL) == 0) {
            throw source.wrong(name + " is not supported");
        }
        note.frame(name, offset, length);
        source.skip(length);
        return new StreamRecord.Ignored(number, length);
    }

    private void check(LibxcType type, long length) {
        if (!type.isFor(kind)) {
            throw source.wrong("the record does not belong into the stream of a domain of kind " + kind);
        }
        if (length > type.longest()) {
            throw source.wrong(length + " bytes are more than this record may have, which is " + type.longest());
        }
        switch (type) {
            case X86_CPUID_POLICY, X86_MSR_POLICY, STATIC_DATA_END -> {
                if (started) {
                    throw source.wrong("the record comes after the end of the static data");
                }
            }
            case PAGE_DATA,
                    VERIFY,
                    X86_PV_P2M_FRAMES,
                    SHARED_INFO,
                    X86_PV_VCPU_BASIC,
                    X86_PV_VCPU_EXTENDED,
                    X86_PV_VCPU_XSAVE,
                    X86_PV_VCPU_MSRS -> {
                if (!started) {
                    throw source.wrong("the record comes before STATIC_DATA_END");
                }
            }
            default -> {
                // The other records may come at any place.
            }
        }
    }

    private StreamRecord decode(LibxcType type, ByteBuffer body) {
        return switch (type) {
            case END -> new StreamRecord.ImageEnd();
            case VERIFY -> new StreamRecord.Verify();
            case STATIC_DATA_END -> new StreamRecord.StaticDataEnd();
            case X86_CPUID_POLICY -> new StreamRecord.CpuidPolicy(leaves(body));
            case X86_MSR_POLICY -> new StreamRecord.MsrPolicy(msrs(body));
            case X86_TSC_INFO -> tscInfo(body);
            case HVM_CONTEXT -> new StreamRecord.HvmContext(Blob.of(body.array()));
            case HVM_PARAMS -> params(body);
            default -> pv.decode(type, body);
        };
    }

    private List<CpuPolicy.Leaf> leaves(ByteBuffer body) {
        List<CpuPolicy.Leaf> leaves = new ArrayList<>();
        for (int i = elements(body, StreamFormat.CPUID_LEAF_BYTES); i > 0; i--) {
            leaves.add(new CpuPolicy.Leaf(
                    body.getInt(), body.getInt(), body.getInt(), body.getInt(), body.getInt(), body.getInt()));
        }
        return leaves;
    }

    private List<CpuPolicy.Msr> msrs(ByteBuffer body) {
        List<CpuPolicy.Msr> msrs = new ArrayList<>();
        for (int i = elements(body, StreamFormat.MSR_BYTES); i > 0; i--) {
            msrs.add(new CpuPolicy.Msr(body.getInt(), body.getInt(), body.getLong()));
        }
        return msrs;
    }

    private StreamRecord tscInfo(ByteBuffer body) {
        if (body.remaining() != StreamFormat.TSC_INFO_BYTES) {
            throw source.wrong(body.remaining() + " bytes instead of " + StreamFormat.TSC_INFO_BYTES);
        }
        return new StreamRecord.TscInfo(body.getInt(), body.getInt(), body.getLong(), body.getInt());
    }

    private StreamRecord params(ByteBuffer body) {
        if (body.remaining() < Long.BYTES) {
            throw source.wrong(body.remaining() + " bytes have no number of parameters");
        }
        int count = body.getInt();
        if (body.getInt() != 0 || count != elements(body, StreamFormat.HVM_PARAM_BYTES)) {
            throw source.wrong(Integer.toUnsignedString(count) + " parameters do not fit its length");
        }
        List<StreamRecord.HvmParams.Param> params = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            params.add(new StreamRecord.HvmParams.Param(body.getLong(), body.getLong()));
        }
        return new StreamRecord.HvmParams(params);
    }

    private int elements(ByteBuffer body, int bytes) {
        if (body.remaining() % bytes != 0) {
            throw source.wrong(body.remaining() + " bytes are no multiple of " + bytes);
        }
        return body.remaining() / bytes;
    }
}
