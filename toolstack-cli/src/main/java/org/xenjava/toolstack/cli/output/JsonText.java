// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

/** A document in JSON's notation, ready to be printed. */
public record JsonText(String text) {
    /** The same document, safe for a terminal. */
    String escaped() {
        return Escape.json(text);
    }

    @Override
    public String toString() {
        return escaped();
    }
}
