// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;

/** Reads a domain, record by record, in one of several formats. */
public interface RecordReader {
    /**
     * Reads the configuration. To be called once, first.
     *
     * @return the configuration
     * @throws org.xenjava.toolstack.error.SaveStreamException if the stream is none, or its version is not supported
     * @throws IOException if the channel fails
     */
    XlHeader header() throws IOException;

    /**
     * Reads the next record.
     *
     * @return the record; a batch of pages is valid until the next record is read
     * @throws org.xenjava.toolstack.error.SaveStreamException if the stream violates its format
     * @throws IOException if the channel fails
     */
    StreamRecord next() throws IOException;

    /** {@return the name of the last record in Xen's specification} */
    String recordName();

    /** {@return whether the sender's QEMU gives the disks of a PVH guest up before the last record; known after the header} */
    default boolean isSenderReleasingDisks() {
        return false;
    }
}
