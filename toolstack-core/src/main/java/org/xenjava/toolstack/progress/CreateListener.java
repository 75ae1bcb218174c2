// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

/** Receives the progress of a create, on the thread that runs it. */
@FunctionalInterface
public interface CreateListener {
    /** Ignores all progress. */
    CreateListener NONE = progress -> {};

    /**
     * One message.
     *
     * @param domain the domain's name
     * @param step the step
     * @param number of the step, 1 … {@code total}
     * @param total steps of this create
     * @param phase what happens to it
     */
    record Progress(String domain, CreateStep step, int number, int total, StepPhase phase) {}

    /** A step started, succeeded or was undone. */
    void onProgress(Progress progress);
}
