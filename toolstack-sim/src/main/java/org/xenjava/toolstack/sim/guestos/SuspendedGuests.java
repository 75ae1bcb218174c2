// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The software of guests that have suspended. A domain into which the vCPU state of such a guest is loaded continues
 * with it: no instruction runs in the simulation, so the instruction pointer names the guest. Machines between which
 * guests migrate share these. Safe to use from many threads.
 */
public final class SuspendedGuests {
    /** An address that no kernel is entered at. */
    private static final long FIRST_POINTER = 0xffff_8000_0000_0000L;

    private final List<Suspended> guests = new ArrayList<>();

    /** The software of a guest, and the pages in its balloon when it was suspended. */
    record Suspended(RunningGuest software, long ballooned) {}

    /** Keeps a guest and returns the instruction pointer that names it. */
    synchronized long add(Suspended guest) {
        guests.add(guest);
        return FIRST_POINTER + guests.size() - 1;
    }

    /** The guest that an instruction pointer names. */
    synchronized Optional<Suspended> find(long pointer) {
        long index = pointer - FIRST_POINTER;
        return index >= 0 && index < guests.size() ? Optional.of(guests.get((int) index)) : Optional.empty();
    }
}
