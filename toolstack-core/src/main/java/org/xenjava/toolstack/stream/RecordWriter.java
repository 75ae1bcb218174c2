// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;

/** Writes a domain, record by record, in one of several formats. */
public interface RecordWriter {
    /**
     * Writes the configuration. To be called once, first.
     *
     * @param header the configuration
     * @throws IOException if the channel fails
     */
    void header(XlHeader header) throws IOException;

    /**
     * Writes one record.
     *
     * @param record any but {@link StreamRecord.Ignored}, whose body is not known
     * @throws IOException if the channel fails
     */
    void write(StreamRecord record) throws IOException;

    /**
     * Names the source of pages that have to be written again. To be called before the first page; a writer that never
     * writes a page again ignores it.
     *
     * @param source reads them
     */
    default void rereadingFrom(PageSource source) {}

    /**
     * Returns once the link has taken all that was written; a writer that keeps nothing back ignores it.
     *
     * @throws IOException if the channel fails
     */
    default void flush() throws IOException {}

    /** {@return the number of pages that were written with their contents} */
    long storedPages();

    /**
     * Names what happens around each time without a link. To be called before the first page; a writer without further links
     * ignores it.
     *
     * @param lost a link is lost
     * @param replaced a further link has replaced it
     */
    default void aroundOutages(Runnable lost, Runnable replaced) {}

    /** {@return the time for which no link led to the other end, in nanoseconds; 0 for a writer without further links} */
    default long outageNanos() {
        return 0;
    }
}
