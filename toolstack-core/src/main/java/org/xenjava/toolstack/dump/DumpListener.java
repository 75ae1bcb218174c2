// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import org.xenjava.toolstack.xenctrl.units.Pages;

/** Is told of a dump's progress, on the dumping thread. */
@FunctionalInterface
public interface DumpListener {
    /** Hears nothing. */
    DumpListener NONE = (looked, all) -> {};

    /**
     * So far.
     *
     * @param looked frames that were looked at
     * @param all frames that there may be
     */
    void onProgress(Pages looked, Pages all);
}
