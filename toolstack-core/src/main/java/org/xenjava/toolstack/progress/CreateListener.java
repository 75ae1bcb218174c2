// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

/** Receives the progress of a create, on the thread that runs it. */
@FunctionalInterface
public interface CreateListener {
    /** Ignores all progress. */
    CreateListener NONE = progress -> {};

    /**
     * The progress of one step.
     *
     * @param domain the domain's name
     * @param step the step
     * @param number of the step, 1 … {@code total}
     * @param total number of steps of this create
     * @param phase the progress of the step
     */
    record Progress(String domain, CreateStep step, int number, int total, StepPhase phase) {}

    /**
     * Called when a step has started, succeeded or was undone.
     *
     * @param progress the step and its phase
     */
    void onProgress(Progress progress);

    /**
     * Called before anything is built for a guest that arrives from another host.
     *
     * @param config the guest's configuration in libxl's JSON
     */
    default void onArrival(String config) {}

    /**
     * Called when the memory of a guest that arrives was compared with the sender's, if the sender asks for that.
     *
     * @param comparison the result
     */
    default void onMemoryCompared(MemoryComparison comparison) {}
}
