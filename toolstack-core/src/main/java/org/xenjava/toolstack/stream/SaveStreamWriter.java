// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Writes a saved domain or a migration, record by record, as xl 4.14 to 4.22 writes and reads them. The caller chooses
 * the order of the records; {@link SaveStreamReader} checks it.
 */
public final class SaveStreamWriter implements RecordWriter {
    private final ByteSink sink;
    private boolean started;
    private long storedPages;

    /**
     * Writes to a channel.
     *
     * @param channel a blocking channel; the caller closes it
     */
    public SaveStreamWriter(WritableByteChannel channel) {
        this.sink = new ByteSink(channel);
    }

    /** {@return the number of bytes written} */
    public long offset() {
        return sink.offset();
    }

    @Override
    public void header(XlHeader header) throws IOException {
        header(header, Blob.of(new byte[0]));
    }

    /**
     * Writes xl's header with bytes that xl skips. To be called once, first.
     *
     * @param header the configuration
     * @param extra bytes behind the configuration
     * @throws IOException if the channel fails
     */
    public void header(XlHeader header, Blob extra) throws IOException {
        byte[] config = (header.config() + "\0").getBytes(StandardCharsets.UTF_8);
        int flags = StreamFormat.XL_STREAM_V2
                | (header.format() == XlHeader.ConfigFormat.LIBXL_JSON ? StreamFormat.XL_JSON : 0);
        int optional = Integer.BYTES + config.length + extra.size();
        ByteBuffer bytes = ByteSink.buffer(StreamFormat.XL_HEADER_BYTES + optional);
        bytes.put(StreamFormat.XL_MAGIC.getBytes(StandardCharsets.ISO_8859_1))
                .putInt(StreamFormat.BYTE_ORDER_MARK)
                .putInt(flags)
                .putInt(0)
                .putInt(optional)
                .putInt(config.length)
                .put(config)
                .put(extra.bytes());
        sink.write(bytes.flip());
    }

    /** Writes the header of libxl's stream before the first record. */
    private void start() throws IOException {
        if (!started) {
            started = true;
            ByteBuffer bytes = ByteSink.buffer(StreamFormat.LIBXL_HEADER_BYTES)
                    .order(ByteOrder.BIG_ENDIAN)
                    .putLong(StreamFormat.LIBXL_IDENT)
                    .putInt(StreamFormat.LIBXL_VERSION)
                    .putInt(0);
            sink.write(bytes.flip());
        }
    }

    @Override
    public long storedPages() {
        return storedPages;
    }

    @Override
    public void write(StreamRecord record) throws IOException {
        start();
        if (record instanceof PageBatch batch) {
            write(batch);
        } else if (record instanceof StreamRecord.ImageStart start) {
            write(start);
        } else if (record instanceof StreamRecord.StreamEnd) {
            write(LibxlType.END, ByteSink.buffer(0));
        } else if (record instanceof StreamRecord.EmulatorStore store) {
            write(store);
        } else if (record instanceof StreamRecord.EmulatorContext context) {
            byte[] state = context.state().bytes();
            ByteBuffer body = ByteSink.buffer(StreamFormat.EMULATOR_HEADER_BYTES + state.length)
                    .putInt(context.emulator())
                    .putInt(context.index())
                    .put(state);
            write(LibxlType.EMULATOR_CONTEXT, body.flip());
        } else {
            writeLibxc(record);
        }
    }

    private void writeLibxc(StreamRecord record) throws IOException {
        if (record instanceof StreamRecord.CpuidPolicy policy) {
            write(LibxcType.X86_CPUID_POLICY, leaves(policy));
        } else if (record instanceof StreamRecord.MsrPolicy policy) {
            write(LibxcType.X86_MSR_POLICY, msrs(policy));
        } else if (record instanceof StreamRecord.StaticDataEnd) {
            write(LibxcType.STATIC_DATA_END, ByteSink.buffer(0));
        } else if (record instanceof StreamRecord.Verify) {
            write(LibxcType.VERIFY, ByteSink.buffer(0));
        } else if (record instanceof StreamRecord.TscInfo tsc) {
            ByteBuffer body = ByteSink.buffer(StreamFormat.TSC_INFO_BYTES)
                    .putInt(tsc.mode())
                    .putInt(tsc.khz())
                    .putLong(tsc.nanoseconds())
                    .putInt(tsc.incarnation())
                    .putInt(0);
            write(LibxcType.X86_TSC_INFO, body.flip());
        } else if (record instanceof StreamRecord.HvmContext context) {
            write(LibxcType.HVM_CONTEXT, ByteBuffer.wrap(context.records().bytes()));
        } else if (record instanceof StreamRecord.HvmParams params) {
            write(LibxcType.HVM_PARAMS, params(params));
        } else if (record instanceof PvRecord pv) {
            write(PvCodec.type(pv), PvCodec.encode(pv));
        } else if (record instanceof StreamRecord.ImageEnd) {
            write(LibxcType.END, ByteSink.buffer(0));
        } else {
            throw new IllegalArgumentException("the body of " + record + " is not known");
        }
    }

    private void write(LibxlType type, ByteBuffer body) throws IOException {
        sink.record(type.number(), body);
    }

    private void write(LibxcType type, ByteBuffer body) throws IOException {
        sink.record(type.number(), body);
    }

    private void write(StreamRecord.ImageStart start) throws IOException {
        write(LibxlType.LIBXC_CONTEXT, ByteSink.buffer(0));
        ByteBuffer image = ByteSink.buffer(StreamFormat.LIBXC_HEADER_BYTES).order(ByteOrder.BIG_ENDIAN);
        image.putLong(StreamFormat.LIBXC_MARKER)
                .putInt(StreamFormat.LIBXC_IDENT)
                .putInt(start.version())
                .putLong(0);
        sink.write(image.flip());
        ByteBuffer domain = ByteSink.buffer(StreamFormat.DOMAIN_HEADER_BYTES)
                .putInt(start.kind() == StreamRecord.DomainKind.PV ? StreamFormat.DOMAIN_PV : StreamFormat.DOMAIN_HVM)
                .putInt(Pages.SHIFT)
                .putInt(start.xenMajor())
                .putInt(start.xenMinor());
        sink.write(domain.flip());
    }

    private void write(PageBatch batch) throws IOException {
        if (batch.hasZeroes()) {
            throw new IllegalArgumentException("xl's format has no marker for pages of zeroes");
        }
        storedPages += batch.storedPages();
        ByteBuffer contents = batch.contents();
        int entries = Long.BYTES * (1 + batch.count());
        ByteBuffer header = ByteSink.buffer(StreamFormat.RECORD_HEADER_BYTES + entries)
                .putInt(LibxcType.PAGE_DATA.number())
                .putInt(entries + contents.remaining())
                .putInt(batch.count())
                .putInt(0);
        for (int i = 0; i < batch.count(); i++) {
            header.putLong(batch.entry(i));
        }
        sink.write(header.flip());
        sink.write(contents);
    }

    private void write(StreamRecord.EmulatorStore store) throws IOException {
        StringBuilder text = new StringBuilder();
        store.nodes().forEach(node -> text.append(node.path())
                .append('\0')
                .append(node.value())
                .append('\0'));
        byte[] nodes = text.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer body = ByteSink.buffer(StreamFormat.EMULATOR_HEADER_BYTES + nodes.length)
                .putInt(store.emulator())
                .putInt(store.index())
                .put(nodes);
        write(LibxlType.EMULATOR_XENSTORE_DATA, body.flip());
    }

    private static ByteBuffer leaves(StreamRecord.CpuidPolicy policy) {
        ByteBuffer body = ByteSink.buffer(policy.leaves().size() * StreamFormat.CPUID_LEAF_BYTES);
        for (CpuPolicy.Leaf leaf : policy.leaves()) {
            body.putInt(leaf.leaf())
                    .putInt(leaf.subleaf())
                    .putInt(leaf.eax())
                    .putInt(leaf.ebx())
                    .putInt(leaf.ecx())
                    .putInt(leaf.edx());
        }
        return body.flip();
    }

    private static ByteBuffer msrs(StreamRecord.MsrPolicy policy) {
        ByteBuffer body = ByteSink.buffer(policy.msrs().size() * StreamFormat.MSR_BYTES);
        for (CpuPolicy.Msr msr : policy.msrs()) {
            body.putInt(msr.index()).putInt(msr.flags()).putLong(msr.value());
        }
        return body.flip();
    }

    private static ByteBuffer params(StreamRecord.HvmParams params) {
        ByteBuffer body = ByteSink.buffer(Long.BYTES + params.params().size() * StreamFormat.HVM_PARAM_BYTES)
                .putInt(params.params().size())
                .putInt(0);
        for (StreamRecord.HvmParams.Param param : params.params()) {
            body.putLong(param.index()).putLong(param.value());
        }
        return body.flip();
    }
}
