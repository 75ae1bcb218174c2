// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.xenjava.toolstack.stream.Blob;

/**
 * The sender's offer to use this protocol. It stands behind the configuration in the optional data of xl's header, which
 * xl skips.
 *
 * @param lowest the lowest version that the sender can do
 * @param highest the highest version that the sender can do
 * @param features that the sender wants; {@link Terms} has the bits
 */
public record Offer(int lowest, int highest, int features) {
    /** Length in bytes. */
    static final int BYTES = 24;

    private static final byte[] MAGIC = "XJMIGRAT".getBytes(StandardCharsets.US_ASCII);
    private static final int CHECKSUM = 20;

    /** {@return the bytes of the offer} */
    public Blob encode() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .putInt(lowest)
                .putInt(highest)
                .putInt(features);
        return Blob.of(bytes.putInt(checksum(bytes.array())).array());
    }

    /**
     * {@return the offer in the optional data of a header; empty if there is none}
     *
     * @param extra the bytes behind the configuration
     */
    public static Optional<Offer> in(Blob extra) {
        if (extra.size() != BYTES) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.wrap(extra.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        if (!bytes.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))
                || bytes.getInt(CHECKSUM) != checksum(bytes.array())) {
            return Optional.empty();
        }
        bytes.position(MAGIC.length);
        return Optional.of(new Offer(bytes.getInt(), bytes.getInt(), bytes.getInt()));
    }

    private static int checksum(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, CHECKSUM);
        return (int) checksum.getValue();
    }

    /** {@return the answer of a receiver with one version and some features} */
    Terms answered(int version, int able) {
        boolean common = lowest <= version && version <= highest;
        return common ? new Terms(version, features & able) : new Terms(0, 0);
    }
}
