// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.StreamRecord.EmulatorStore.Node;

/**
 * Reads a saved domain or a migration, record by record, and checks lengths, order, padding and types. The reader takes
 * no byte behind the end of the stream from the channel, and needs about 5 MiB and the longest record other than pages.
 *
 * <pre>{@code
 * SaveStreamReader reader = new SaveStreamReader(channel);
 * XlHeader header = reader.header();
 * StreamRecord record;
 * do {
 *     record = reader.next();
 * } while (!(record instanceof StreamRecord.StreamEnd));
 * }</pre>
 */
public final class SaveStreamReader implements RecordReader {
    private final ByteSource source;
    private final LibxcReader libxc;
    private State state = State.HEADER;
    private boolean imageSeen;
    private Blob extra = Blob.of(new byte[0]);
    private Frame frame = new Frame("", 0, 0);

    /**
     * Reads from a channel.
     *
     * @param channel a blocking channel; the caller closes it
     */
    public SaveStreamReader(ReadableByteChannel channel) {
        this.source = new ByteSource(channel);
        this.libxc = new LibxcReader(source, this::note);
    }

    private enum State {
        HEADER,
        BEFORE_LIBXL,
        LIBXL,
        LIBXC,
        END
    }

    /**
     * Place and size of a record.
     *
     * @param name of the record type in Xen's specification
     * @param offset of the record's header in the stream
     * @param length of its body in bytes
     */
    public record Frame(String name, long offset, long length) {}

    private void note(String name, long offset, long length) {
        frame = new Frame(name, offset, length);
    }

    /** {@return the record to which the last result of {@link #next} belongs} */
    public Frame frame() {
        return frame;
    }

    @Override
    public String recordName() {
        return frame.name();
    }

    /** {@return the bytes behind the configuration in xl's header; empty if there are more than 4096} */
    public Blob extra() {
        return extra;
    }

    /** {@return the number of bytes read} */
    public long offset() {
        return source.offset();
    }

    @Override
    public XlHeader header() throws IOException {
        if (state != State.HEADER) {
            throw new IllegalStateException("the header was read already");
        }
        source.reading("xl's header");
        ByteBuffer header = source.read(StreamFormat.XL_HEADER_BYTES);
        byte[] magic = new byte[StreamFormat.XL_MAGIC_BYTES];
        header.get(magic);
        if (!new String(magic, StandardCharsets.ISO_8859_1).equals(StreamFormat.XL_MAGIC)) {
            throw new SaveStreamException("the stream does not begin with the magic of a domain that xl saved");
        }
        if (header.getInt() != StreamFormat.BYTE_ORDER_MARK) {
            throw source.wrong("the byte order is not little-endian");
        }
        int mandatory = header.getInt();
        header.getInt();
        long optional = Integer.toUnsignedLong(header.getInt());
        if ((mandatory & ~(StreamFormat.XL_JSON | StreamFormat.XL_STREAM_V2)) != 0) {
            throw source.wrong(String.format(Locale.ROOT, "the mandatory flags 0x%x are not supported", mandatory));
        }
        if ((mandatory & StreamFormat.XL_STREAM_V2) == 0) {
            throw source.wrong("the stream is from Xen 4.5 or before; convert-legacy-stream of Xen converts it");
        }
        XlHeader.ConfigFormat format = (mandatory & StreamFormat.XL_JSON) != 0
                ? XlHeader.ConfigFormat.LIBXL_JSON
                : XlHeader.ConfigFormat.XL_CFG;
        String config = optional == 0 ? "" : config(optional);
        state = State.BEFORE_LIBXL;
        return new XlHeader(format, config);
    }

    private String config(long optional) throws IOException {
        source.reading("the configuration in xl's header");
        if (optional < Integer.BYTES || optional > StreamFormat.LONGEST_CONFIG) {
            throw source.wrong(optional + " bytes are no valid length of the optional data");
        }
        long length = Integer.toUnsignedLong(source.read(Integer.BYTES).getInt());
        if (length > optional - Integer.BYTES) {
            throw source.wrong(length + " bytes are more than the optional data has");
        }
        ByteBuffer text = source.read(length);
        if (length > 0 && text.get((int) length - 1) == 0) {
            text.limit((int) length - 1);
        }
        String config = utf8(text);
        if (config.indexOf('\0') >= 0) {
            throw source.wrong("the text has a NUL inside");
        }
        readExtra(optional - Integer.BYTES - length);
        return config;
    }

    private void readExtra(long length) throws IOException {
        if (length > StreamFormat.LONGEST_EXTRA) {
            source.skip(length);
            return;
        }
        byte[] bytes = new byte[(int) length];
        source.read(length).get(bytes);
        extra = Blob.of(bytes);
    }

    private String utf8(ByteBuffer text) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
        } catch (CharacterCodingException e) {
            throw source.wrong("the text is not UTF-8");
        }
    }

    @Override
    public StreamRecord next() throws IOException {
        return switch (state) {
            case HEADER -> throw new IllegalStateException("the header was not read yet");
            case END -> throw new IllegalStateException("the stream was read to its end");
            case LIBXC -> libxcRecord();
            case BEFORE_LIBXL -> {
                libxlHeader();
                state = State.LIBXL;
                yield libxlRecord();
            }
            case LIBXL -> libxlRecord();
        };
    }

    private StreamRecord libxcRecord() throws IOException {
        StreamRecord record = libxc.next();
        if (record instanceof StreamRecord.ImageEnd) {
            state = State.LIBXL;
        }
        return record;
    }

    private void libxlHeader() throws IOException {
        source.reading("the header of libxl's stream");
        ByteBuffer header = source.read(StreamFormat.LIBXL_HEADER_BYTES).order(ByteOrder.BIG_ENDIAN);
        if (header.getLong() != StreamFormat.LIBXL_IDENT) {
            throw source.wrong("the stream does not begin with libxl's ident");
        }
        int version = header.getInt();
        if (version != StreamFormat.LIBXL_VERSION) {
            throw source.wrong("version " + Integer.toUnsignedString(version) + " of libxl's stream is not supported");
        }
        if ((header.getInt() & StreamFormat.LIBXL_BIG_ENDIAN) != 0) {
            throw source.wrong("a big-endian stream is not supported");
        }
    }

    private StreamRecord libxlRecord() throws IOException {
        long offset = source.offset();
        source.reading("the header of a record of libxl's stream");
        ByteBuffer header = source.read(StreamFormat.RECORD_HEADER_BYTES);
        int number = header.getInt();
        long length = Integer.toUnsignedLong(header.getInt());
        LibxlType type = LibxlType.of(number)
                .orElseThrow(() -> source.wrong(
                        "record type " + Integer.toUnsignedString(number) + " of libxl's stream is not supported"));
        note(type.name(), offset, length);
        source.reading(type.name());
        if (length > StreamFormat.LONGEST_LIBXL_RECORD) {
            throw source.wrong(length + " bytes are more than a record may have");
        }
        return decode(type, length);
    }

    private StreamRecord decode(LibxlType type, long length) throws IOException {
        if ((type == LibxlType.END || type == LibxlType.LIBXC_CONTEXT) && length != 0) {
            throw source.wrong(length + " bytes instead of none");
        }
        return switch (type) {
            case LIBXC_CONTEXT -> {
                if (imageSeen) {
                    throw source.wrong("the stream has a second image");
                }
                imageSeen = true;
                state = State.LIBXC;
                yield libxc.start();
            }
            case END -> {
                if (!imageSeen) {
                    throw source.wrong("the stream has no image of a domain");
                }
                state = State.END;
                yield new StreamRecord.StreamEnd();
            }
            case EMULATOR_XENSTORE_DATA, EMULATOR_CONTEXT -> {
                StreamRecord emulator = emulator(type, length);
                source.skipPadding(length);
                yield emulator;
            }
            case CHECKPOINT_END, CHECKPOINT_STATE ->
                throw source.wrong("a stream with checkpoints (Remus, COLO) is not supported");
        };
    }

    private StreamRecord emulator(LibxlType type, long length) throws IOException {
        if (length < StreamFormat.EMULATOR_HEADER_BYTES) {
            throw source.wrong(length + " bytes do not name an emulator");
        }
        ByteBuffer body = source.read(length);
        int emulator = body.getInt();
        int index = body.getInt();
        if (type == LibxlType.EMULATOR_XENSTORE_DATA) {
            return new StreamRecord.EmulatorStore(emulator, index, nodes(body));
        }
        byte[] state = new byte[body.remaining()];
        body.get(state);
        return new StreamRecord.EmulatorContext(emulator, index, Blob.of(state));
    }

    private List<Node> nodes(ByteBuffer body) {
        String text = utf8(body);
        List<Node> nodes = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int middle = text.indexOf('\0', at);
            int end = middle < 0 ? -1 : text.indexOf('\0', middle + 1);
            if (end < 0) {
                throw source.wrong("a node without value or without NUL");
            }
            nodes.add(new Node(text.substring(at, middle), text.substring(middle + 1, end)));
            at = end + 1;
        }
        return nodes;
    }
}
