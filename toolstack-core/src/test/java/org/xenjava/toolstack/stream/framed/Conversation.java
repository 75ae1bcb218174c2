// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.StreamRecord.DomainKind;
import org.xenjava.toolstack.stream.XlHeader;

/** A sender that gets a given answer, and a receiver that reads what it has written. */
final class Conversation {
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
    private final OfferingWriter writer;
    private Optional<AnsweringReader> reader = Optional.empty();

    private Conversation(int features, Optional<Terms> answer) throws IOException {
        writer = new OfferingWriter(Channels.newChannel(sent), features, () -> answer, Optional.empty());
        writer.header(new XlHeader(XlHeader.ConfigFormat.LIBXL_JSON, "{}"));
    }

    static Conversation of(int features) throws IOException {
        return new Conversation(features, Optional.of(new Terms(Terms.VERSION, Terms.ALL_FEATURES)));
    }

    static Conversation answered(Terms answer) throws IOException {
        return new Conversation(0, Optional.of(answer));
    }

    static Conversation withoutAnswer() throws IOException {
        return new Conversation(0, Optional.empty());
    }

    /** A record that stands for those before the memory. */
    static StreamRecord start() {
        return new StreamRecord.ImageStart(3, DomainKind.HVM, 4, 17);
    }

    void write(StreamRecord record) throws IOException {
        writer.write(record);
        if (record instanceof StreamRecord.ImageStart) {
            writer.write(new StreamRecord.CpuidPolicy(List.of()));
            writer.write(new StreamRecord.MsrPolicy(List.of()));
            writer.write(new StreamRecord.StaticDataEnd());
        }
    }

    void finish() throws IOException {
        writer.write(new StreamRecord.ImageEnd());
        writer.write(new StreamRecord.StreamEnd());
    }

    FrameWriter frames() {
        return writer.frames();
    }

    long storedPages() {
        return writer.storedPages();
    }

    byte[] stream() {
        return sent.toByteArray();
    }

    byte[] answer() {
        return answers.toByteArray();
    }

    boolean isFramed() {
        return reader.orElseThrow().isFramed();
    }

    /** Reads all that was sent. */
    List<StreamRecord> records() throws IOException {
        return records(stream());
    }

    List<StreamRecord> records(byte[] stream) throws IOException {
        AnsweringReader receiver = new AnsweringReader(
                Channels.newChannel(new ByteArrayInputStream(stream)),
                new FrameWriter(Channels.newChannel(answers)),
                Rejoining.NONE);
        reader = Optional.of(receiver);
        receiver.header();
        List<StreamRecord> records = new ArrayList<>();
        StreamRecord record;
        do {
            record = receiver.next();
            records.add(record);
        } while (!(record instanceof StreamRecord.StreamEnd));
        return records;
    }
}
