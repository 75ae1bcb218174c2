// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A program in the guest that writes numbers to pages at a rate, and knows what it has written. */
final class SteadyWriter {
    /** Pages that other parts of the guest may replace. */
    private static final int SKIPPED = 16;

    /** Of the pages, one in so many is written in each period. */
    private static final int PORTION = 4;

    private final GuestMachine machine;
    private final GuestRam ram;
    private final Map<Long, Long> written = new HashMap<>();
    private final Set<Long> lost = new TreeSet<>();
    private long periods;

    SteadyWriter(GuestMachine machine, GuestRam ram) {
        this.machine = machine;
        this.ram = ram;
    }

    void start(int pages, Duration period) {
        List<Long> gfns = new ArrayList<>();
        for (GfnRange range : ram.without(0)) {
            for (long gfn = range.first(); gfn < range.end() && gfns.size() < pages + SKIPPED; gfn++) {
                gfns.add(gfn);
            }
        }
        repeat(List.copyOf(gfns.subList(SKIPPED, gfns.size())), period);
    }

    private void repeat(List<Long> gfns, Duration period) {
        for (int i = (int) (periods % PORTION); i < gfns.size(); i += PORTION) {
            long number = periods << Integer.SIZE | i + 1;
            machine.writeNumber(gfns.get(i), number);
            // A frame without a page keeps nothing.
            if (machine.readNumber(gfns.get(i)) == number) {
                written.put(gfns.get(i), number);
            }
        }
        periods++;
        machine.after(machine.slowed(period), () -> repeat(gfns, period));
    }

    /** Compares the memory at once when the guest continues in another domain: the program soon overwrites it. */
    void compare() {
        lost.addAll(different());
    }

    List<Long> lost() {
        compare();
        return List.copyOf(lost);
    }

    private List<Long> different() {
        return written.entrySet().stream()
                .filter(page -> machine.readNumber(page.getKey()) != page.getValue())
                .map(Map.Entry::getKey)
                .toList();
    }
}
