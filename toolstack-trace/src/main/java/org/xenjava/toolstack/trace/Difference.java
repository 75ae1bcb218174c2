// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

/**
 * One difference between a recorded call and the call that was made.
 *
 * @param field an argument, a field of the hypercall's struct, or a range of bytes; {@code call} if it is another
 *     call altogether
 * @param recorded what the trace has
 * @param actual what was asked now
 */
public record Difference(String field, String recorded, String actual) {
    private static final int LONGEST_VALUE = 200;

    /** For a message; long values are shortened. */
    @Override
    public String toString() {
        return field + ": recorded " + shorten(recorded) + ", now " + shorten(actual);
    }

    private static String shorten(String value) {
        return value.length() > LONGEST_VALUE ? value.substring(0, LONGEST_VALUE) + "…" : value;
    }
}
