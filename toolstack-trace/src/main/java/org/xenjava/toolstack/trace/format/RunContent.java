// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The form in which a trace holds the bytes of written guest pages. */
public enum RunContent {
    /** A SHA-256 of the bytes. */
    HASH {
        @Override
        public void addTo(JsonObject run, ByteBuffer bytes) {
            run.addProperty("sha256", sha256(bytes));
        }
    },
    /** The bytes as hex text. */
    FULL {
        @Override
        public void addTo(JsonObject run, ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            run.addProperty("bytes", HexText.of(copy).withoutTrailingZeros());
        }
    };

    /** Adds the bytes of a run of pages to the JSON object that describes the run. */
    public abstract void addTo(JsonObject run, ByteBuffer bytes);

    /** The SHA-256 of the remaining bytes, in hex. */
    public static String sha256(ByteBuffer bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
