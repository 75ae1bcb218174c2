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
 * A configuration as xl.cfg text in xenstore, below one node: {@code 0}, {@code 1} and so on hold a piece each. A
 * request to xenstored is at most 4096 bytes long ({@code XENSTORE_PAYLOAD_MAX} of {@code public/io/xs_wire.h}), path
 * included. Only the toolstack may read it: there may be a VNC password in it.
 */
public final class StoredConfig {
    /** Bytes of UTF-8 in a piece; the path has the rest of the request. */
    private static final int PIECE_BYTES = 3072;

    private static final List<XenStorePermission> TOOLSTACK_ONLY =
            List.of(new XenStorePermission(0, XenStorePermission.NONE));

    private StoredConfig() {}

    /** Writes it below a node that does not exist yet. */
    public static void write(StoreTransaction transaction, String path, DomainConfig config) {
        transaction.write(path, "", TOOLSTACK_ONLY);
        List<String> pieces = pieces(XlConfigWriter.write(config));
        for (int i = 0; i < pieces.size(); i++) {
            transaction.write(path + "/" + i, pieces.get(i));
        }
    }

    /**
     * Reads it.
     *
     * @return empty if there is none
     * @throws org.xenjava.toolstack.error.ConfigException if somebody has changed it so that it describes no guest
     */
    public static Optional<DomainConfig> read(StoreTransaction transaction, String path) {
        StringBuilder text = new StringBuilder();
        int pieces = transaction.list(path).size();
        for (int i = 0; i < pieces; i++) {
            transaction.read(path + "/" + i).ifPresent(text::append);
        }
        return text.isEmpty()
                ? Optional.empty()
                : Optional.of(XlConfigReader.parse(text.toString(), path).config());
    }

    /** Cut between characters. */
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
