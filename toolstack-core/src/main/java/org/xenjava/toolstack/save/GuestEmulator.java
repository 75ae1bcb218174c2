// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.Optional;
import org.xenjava.toolstack.stream.Blob;

/** The process that emulates the devices of a guest which is saved. */
public interface GuestEmulator {
    /** The state of the disks after the devices were stopped. */
    enum Disks {
        /** The process keeps them open. */
        KEPT,
        /** The process gives them up, for the one on the other host. */
        RELEASED
    }

    /** {@return the emulator of a guest without emulated devices} */
    static GuestEmulator none() {
        return new GuestEmulator() {
            @Override
            public void find(Disks disks) {
                // There is no process.
            }

            @Override
            public void logWrites() {
                // Only the guest writes its memory.
            }

            @Override
            public Optional<Blob> stop(Disks disks) {
                return Optional.empty();
            }

            @Override
            public boolean isResumed() {
                return true;
            }

            @Override
            public void endWriteLog() {
                // There is no log.
            }
        };
    }

    /**
     * Finds the process while the guest still runs, and makes sure that it answers.
     *
     * @param disks their holder once the devices are stopped; a process that could not open released disks again is refused, also because its guest sleeps
     */
    void find(Disks disks);

    /** Lets the process report its writes to the guest's memory to Xen's log of written pages. */
    void logWrites();

    /**
     * Stops the devices of a guest that has suspended itself.
     *
     * @param disks their holder afterwards
     * @return the state of the devices; empty if the guest has none
     */
    Optional<Blob> stop(Disks disks);

    /** Lets the devices continue, with their disks; harmless if they were not stopped. Returns false if the process has ended. */
    boolean isResumed();

    /** Ends {@link #logWrites}; harmless if it was not called. */
    void endWriteLog();
}
