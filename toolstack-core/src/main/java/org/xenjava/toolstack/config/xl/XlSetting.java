// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

/**
 * What a file says of one key after its last assignment.
 *
 * @param key in lower case, as xl's keys are
 * @param value with everything that {@code +=} has added
 * @param line of the last assignment, from 1
 * @param operator of the last assignment: it matters, because xl does not take a number from a {@code +=}
 */
record XlSetting(String key, XlValue value, int line, Operator operator) {
    enum Operator {
        ASSIGN,
        APPEND
    }
}
