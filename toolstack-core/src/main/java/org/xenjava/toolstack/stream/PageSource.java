// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;

/** Reads pages of a domain again, for a writer whose link has lost them. */
@FunctionalInterface
public interface PageSource {
    /** Takes pages. */
    @FunctionalInterface
    interface Sink {
        /**
         * Takes a batch, which is valid until the method returns.
         *
         * @param batch the pages
         * @throws IOException if the channel fails
         */
        void write(PageBatch batch) throws IOException;
    }

    /**
     * Reads pages as they are now. A frame that has no page any more is left out.
     *
     * @param pfns frame numbers, at most {@link PageBatch#MOST}
     * @param sink takes the pages
     * @throws IOException if the sink fails
     */
    void read(long[] pfns, Sink sink) throws IOException;
}
