// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import org.xenjava.toolstack.xenctrl.units.Pages;

/** Receives the progress of a dump, on the dumping thread. */
@FunctionalInterface
public interface DumpListener {
    /** Ignores the progress. */
    DumpListener NONE = (looked, all) -> {};

    /**
     * Called after each part of the memory.
     *
     * @param looked frames that the dump has visited
     * @param all frames that the dump will visit
     */
    void onProgress(Pages looked, Pages all);
}
