// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

/**
 * A difference between a recorded call and the call that was made.
 *
 * @param field an argument, a field of the hypercall's struct, or a range of bytes; {@code call} if the calls have
 *     different names
 * @param recorded the value in the trace
 * @param actual the value of the call that was made
 */
public record Difference(String field, String recorded, String actual) {
    private static final int LONGEST_VALUE = 200;

    /** The difference as a line of a message, with long values shortened. */
    @Override
    public String toString() {
        return field + ": recorded " + shorten(recorded) + ", now " + shorten(actual);
    }

    private static String shorten(String value) {
        return value.length() > LONGEST_VALUE ? value.substring(0, LONGEST_VALUE) + "…" : value;
    }
}
