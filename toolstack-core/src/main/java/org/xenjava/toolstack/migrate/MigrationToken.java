// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Random bytes that both ends of one migration know. A further link that brings them belongs to that migration. Whoever
 * knows them can take part in the migration: they are kept secret.
 */
public final class MigrationToken {
    /** Length in bytes. */
    public static final int BYTES = 32;

    private static final int NAME_BYTES = 16;

    private final byte[] bytes;

    private MigrationToken(byte[] bytes) {
        this.bytes = bytes;
    }

    /** {@return a new token} */
    public static MigrationToken random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return new MigrationToken(bytes);
    }

    /**
     * {@return a token from its bytes}
     *
     * @param bytes {@value #BYTES} bytes
     * @throws IllegalArgumentException if there are more or fewer
     */
    public static MigrationToken of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException(bytes.length + " bytes are no token");
        }
        return new MigrationToken(bytes.clone());
    }

    /** {@return a copy of the bytes, for the other end only} */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** {@return a name for the migration, which does not tell the token: 32 hexadecimal digits, as a path of a socket is short} */
    public String name() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest, 0, NAME_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MigrationToken token && MessageDigest.isEqual(bytes, token.bytes);
    }

    @Override
    public int hashCode() {
        return name().hashCode();
    }

    /** Describes the token without its bytes. */
    @Override
    public String toString() {
        return "migration " + name().substring(0, Long.BYTES);
    }
}
