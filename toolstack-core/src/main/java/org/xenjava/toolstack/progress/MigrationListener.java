// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

/** Receives the progress of a migration, on the migrating thread. */
@FunctionalInterface
public interface MigrationListener {
    /** Ignores the progress. */
    MigrationListener NONE = progress -> {};

    /**
     * Called at the beginning of each phase and after each part of the memory.
     *
     * @param progress what has been done
     */
    void onProgress(MigrationProgress progress);
}
