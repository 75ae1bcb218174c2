// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.Optional;
import org.xenjava.toolstack.stream.Blob;

/** The process that emulates the devices of a guest which is saved. */
public interface GuestEmulator {
    /** {@return the emulator of a guest without emulated devices} */
    static GuestEmulator none() {
        return new GuestEmulator() {
            @Override
            public void find() {
                // There is no process.
            }

            @Override
            public Optional<Blob> stop() {
                return Optional.empty();
            }

            @Override
            public void resume() {
                // Nothing was stopped.
            }
        };
    }

    /** Finds the process while the guest still runs. */
    void find();

    /**
     * Stops the devices of a guest that has suspended itself.
     *
     * @return the state of the devices; empty if the guest has none
     */
    Optional<Blob> stop();

    /** Lets the devices continue; harmless if they were not stopped. */
    void resume();
}
