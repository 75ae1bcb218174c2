// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.config.xl.XlConfigWriter;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * A configuration as xl.cfg text in xenstore, below one node: {@code 0}, {@code 1} and so on contain a piece each. A
 * request to xenstored is limited to 4096 bytes with its path ({@code XENSTORE_PAYLOAD_MAX} of {@code
 * public/io/xs_wire.h}). Only the toolstack may read the text, which may contain a VNC password.
 */
public final class StoredConfig {
    /** Bytes of UTF-8 in a piece; the rest of the request is for the path. */
    private static final int PIECE_BYTES = 3072;

    private static final List<XenStorePermission> TOOLSTACK_ONLY =
            List.of(new XenStorePermission(0, XenStorePermission.NONE));

    private StoredConfig() {}

    /**
     * Writes a configuration below a node that does not exist yet, which only the toolstack may read.
     *
     * @param transaction the transaction
     * @param path the node
     * @param config the configuration
     */
    public static void write(StoreTransaction transaction, String path, DomainConfig config) {
        transaction.write(path, "", TOOLSTACK_ONLY);
        writeInPrivate(transaction, path, config);
    }

    /** Writes it below a node that does not exist yet, and whose parent only the toolstack may read. */
    static void writeInPrivate(StoreTransaction transaction, String path, DomainConfig config) {
        List<String> pieces = pieces(text(config));
        for (int i = 0; i < pieces.size(); i++) {
            transaction.write(path + "/" + i, pieces.get(i));
        }
    }

    /**
     * Reads a configuration.
     *
     * @param transaction the transaction, or single requests
     * @param path the node
     * @return the configuration; empty if there is none
     * @throws org.xenjava.toolstack.error.ConfigException if the text was changed so that it describes no guest
     */
    public static Optional<DomainConfig> read(StoreTransaction transaction, String path) {
        StringBuilder text = new StringBuilder();
        int pieces = transaction.list(path).size();
        for (int i = 0; i < pieces; i++) {
            transaction.read(path + "/" + i).ifPresent(text::append);
        }
        return text.isEmpty() ? Optional.empty() : Optional.of(parse(text.toString(), path));
    }

    /**
     * {@return the configuration that a text describes}
     *
     * @param text text of an xl.cfg
     * @param source name of the text in messages
     * @throws org.xenjava.toolstack.error.ConfigException if the text describes no guest
     */
    public static DomainConfig parse(String text, String source) {
        return XlConfigReader.parse(text, source).config();
    }

    /** {@return the text of an xl.cfg that describes the configuration} */
    public static String text(DomainConfig config) {
        return XlConfigWriter.write(config);
    }

    /** The text in pieces, cut between characters. */
    private static List<String> pieces(String text) {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        int bytes = 0;
        for (int codePoint : text.codePoints().toArray()) {
            int more = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8).length;
            if (bytes + more > PIECE_BYTES) {
                pieces.add(piece.toString());
                piece.setLength(0);
                bytes = 0;
            }
            piece.appendCodePoint(codePoint);
            bytes += more;
        }
        pieces.add(piece.toString());
        return pieces;
    }
}
