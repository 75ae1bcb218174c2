// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

/** One parameter of a disk specification. */
sealed interface XlDiskParameter {

    /** {@code key=value}. */
    record Assignment(String key, String value) implements XlDiskParameter {}

    /** The prefix of an old form, such as {@code phy:}, without its colon. */
    record OldPrefix(String name) implements XlDiskParameter {}

    /** A flag or a positional parameter; may be empty. */
    record Word(String text) implements XlDiskParameter {}
}
