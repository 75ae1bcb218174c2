// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A scheduler of Xen ({@code XEN_SCHEDULER_*}). A build of Xen has some of them. */
public enum Scheduler {
    /** Weights and caps, with one run queue for each CPU. */
    CREDIT(5),
    /** Weights and caps, with run queues that CPUs share; the default. */
    CREDIT2(6),
    /** A fixed table of time slots, for avionics. */
    ARINC653(7),
    /** Guaranteed budgets in periods. */
    RTDS(8),
    /** One vCPU on each CPU. */
    NULL(9);

    private final int id;

    Scheduler(int id) {
        this.id = id;
    }

    /** {@return the scheduler's number in Xen} */
    public int id() {
        return id;
    }

    /** {@return the scheduler's name, as xl writes it} */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return the scheduler with that number in Xen, if it is known}
     *
     * @param id the number
     */
    public static Optional<Scheduler> ofId(int id) {
        return Arrays.stream(values()).filter(one -> one.id == id).findFirst();
    }

    /**
     * {@return the scheduler with that name}
     *
     * @param word name, as xl writes it
     */
    public static Optional<Scheduler> ofWord(String word) {
        return Arrays.stream(values()).filter(one -> one.word().equals(word)).findFirst();
    }
}
