// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.lifecycle.SupervisionEvent;

/**
 * Decides when a supervised domain has ended for good. One thread reports the supervisor's events, another one asks.
 */
final class SupervisedEnd {
    private final AtomicInteger events = new AtomicInteger();
    private volatile boolean restarting;
    private volatile boolean over;

    void happened(SupervisionEvent.Kind kind) {
        switch (kind) {
            case STOPPED -> restarting = true;
            case RESTARTED -> restarting = false;
            case DESTROYED, KEPT, GAVE_UP -> over = true;
            case LEFT_TO_ANOTHER, DUMPED, DUMP_FAILED, SET_ASIDE, RESTART_FAILED -> {}
        }
        events.incrementAndGet();
    }

    /**
     * Decides whether the domain has ended for good.
     *
     * @param gone whether the host has no such domain; during a restart it has none for a while
     */
    boolean reached(BooleanSupplier gone) {
        int before = events.get();
        return over || !restarting && gone.getAsBoolean() && events.get() == before;
    }
}
