// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

/** Is told of a build's progress, on the building thread. */
@FunctionalInterface
public interface CreateListener {
    /** Hears nothing. */
    CreateListener NONE = progress -> {};

    /** What happens to a step. */
    enum Phase {
        STARTED,
        DONE,
        /** The build failed or was cancelled; this step's effects are removed. */
        UNDONE
    }

    /**
     * One message.
     *
     * @param domain the domain's name
     * @param step the step's name, such as {@code "set the PoD target"}
     * @param number of the step, 1 … {@code total}
     * @param total steps of the build
     * @param phase what happens to it
     */
    record Progress(String domain, String step, int number, int total, Phase phase) {}

    void onProgress(Progress progress);
}
