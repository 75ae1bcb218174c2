// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

/**
 * The value of a key after its last assignment in a file.
 *
 * @param key the key, in lower case
 * @param value the value, with everything that {@code +=} has added
 * @param line line of the last assignment, from 1
 * @param operator operator of the last assignment; xl reads no number from {@code +=}
 */
record XlSetting(String key, XlValue value, int line, Operator operator) {
    enum Operator {
        ASSIGN,
        APPEND
    }
}
