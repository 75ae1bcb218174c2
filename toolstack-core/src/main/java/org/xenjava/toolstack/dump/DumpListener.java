// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import org.xenjava.toolstack.xenctrl.units.Pages;

/** Receives the progress of a dump, on the dumping thread. */
@FunctionalInterface
public interface DumpListener {
    /** Ignores the progress. */
    DumpListener NONE = (looked, all) -> {};

    /**
     * Called after each part of the memory.
     *
     * @param looked frames that were looked at
     * @param all frames that there may be
     */
    void onProgress(Pages looked, Pages all);
}
