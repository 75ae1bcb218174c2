// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.RecordReader;
import org.xenjava.toolstack.stream.SaveStreamReader;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/** The file of a saved domain, read up to the beginning of its state. */
public final class SavedDomain implements AutoCloseable {
    private final Closeable file;
    private final RecordReader reader;
    private final DomainConfig config;
    private final OptionalInt domid;

    private SavedDomain(Closeable file, RecordReader reader, DomainConfig config, OptionalInt domid) {
        this.file = file;
        this.reader = reader;
        this.config = config;
        this.domid = domid;
    }

    /**
     * Opens a file and checks that a host can restore it.
     *
     * @param file the file
     * @param host the release of the host; a stream of a newer one is refused, because its state may have records that
     *     the host does not know
     * @return the open file; the caller closes it
     * @throws SaveStreamException if the file cannot be read, or is damaged
     * @throws DomainStateException if this host cannot restore the domain
     */
    public static SavedDomain open(Path file, XenRelease host) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            boolean opened = false;
            try {
                SavedDomain saved = read(channel, new SaveStreamReader(channel), file.toString(), host);
                opened = true;
                return saved;
            } finally {
                if (!opened) {
                    channel.close();
                }
            }
        } catch (NoSuchFileException e) {
            throw new SaveStreamException(file + ": the file does not exist", e);
        } catch (IOException e) {
            throw new SaveStreamException(file + ": the file cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Reads the beginning of a stream that another host sends, and checks that a host can restore it.
     *
     * @param records reads the stream
     * @param host the release of the host
     * @return the domain
     * @throws SaveStreamException if the stream ends early, or is damaged
     * @throws DomainStateException if this host cannot restore the domain
     */
    public static SavedDomain receive(RecordReader records, XenRelease host) {
        try {
            SavedDomain saved = read(() -> {}, records, "the migration stream", host);
            if (saved.config().type() == DomainType.PV) {
                throw new DomainStateException(
                        "the migration stream: PV guests are not migrated; save the guest there, and restore the file here");
            }
            return saved;
        } catch (IOException e) {
            throw new SaveStreamException("the migration stream cannot be read: " + e.getMessage(), e);
        }
    }

    private static SavedDomain read(Closeable open, RecordReader reader, String file, XenRelease host)
            throws IOException {
        XlHeader header = reader.header();
        if (header.format() != XlHeader.ConfigFormat.LIBXL_JSON
                || header.config().isEmpty()) {
            throw new SaveStreamException(file + ": the file has no configuration in libxl's JSON");
        }
        LibxlConfig stored = LibxlConfig.parse(header.config(), file);
        DomainConfig config = stored.read().config();
        Optional<UnsavablePart> unsavable = UnsavablePart.of(config);
        if (unsavable.isPresent()) {
            throw new DomainStateException(file + ": " + unsavable.get().restoreRefusal());
        }
        boolean pv = config.type() == DomainType.PV;
        if (!(reader.next() instanceof StreamRecord.ImageStart start)
                || pv != (start.kind() == StreamRecord.DomainKind.PV)) {
            throw new SaveStreamException(
                    file + ": the file does not have the state of a guest of type " + config.type());
        }
        if (new XenRelease(start.xenMajor(), start.xenMinor()).compareTo(host) > 0) {
            throw new DomainStateException(file + ": the domain was saved by Xen " + start.xenMajor() + "."
                    + start.xenMinor() + ", which is newer than this host's Xen " + host);
        }
        return new SavedDomain(open, reader, config, stored.domid());
    }

    /** {@return the reader, which stands behind the {@code ImageStart}} */
    public RecordReader reader() {
        return reader;
    }

    /** {@return the stored configuration} */
    public DomainConfig config() {
        return config;
    }

    /** {@return the domid that the sender wants the domain to have; empty for any} */
    public OptionalInt domid() {
        return domid;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new SaveStreamException("a saved domain's file cannot be closed: " + e.getMessage(), e);
        }
    }
}
