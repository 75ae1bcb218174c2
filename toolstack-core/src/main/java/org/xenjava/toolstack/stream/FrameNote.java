// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

/** Receives name and place of each record that is read. */
@FunctionalInterface
interface FrameNote {
    /**
     * Called when the header of a record was read.
     *
     * @param name of the record type
     * @param offset of its header in the stream
     * @param length of its body
     */
    void frame(String name, long offset, long length);
}
