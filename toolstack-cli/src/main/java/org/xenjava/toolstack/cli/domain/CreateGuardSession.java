// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.memory.GuardLoop;
import org.xenjava.toolstack.cli.memory.GuardReport;
import org.xenjava.toolstack.cli.output.Verbosity;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.GuardStatus;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.pod.PodGuardService;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Guards a new guest until no load inside can crash it, and shows the progress. */
final class CreateGuardSession {
    private final Session session;
    private final Toolstack toolstack;
    private final Domain domain;
    private final Verbosity verbosity;
    private final String name;

    CreateGuardSession(Session session, Toolstack toolstack, Domain domain, Verbosity verbosity) {
        this.session = session;
        this.toolstack = toolstack;
        this.domain = domain;
        this.verbosity = verbosity;
        this.name = domain.name();
    }

    /**
     * Whether the guest, which has not run yet, needs the guard: until its balloon driver has worked, entries lack
     * pages, or have pages that the host has lent.
     */
    boolean isNeeded() {
        return domain.pod().status().debtPages() > 0 || domain.pod().lent().isMoreThan(Pages.ZERO);
    }

    /** The user's work during the guard. */
    interface Work {
        void run() throws IOException, InterruptedException;
    }

    /** Guards in the background during the user's work, such as a session at the guest's console. */
    void during(Work work) throws IOException, InterruptedException {
        PodGuardService guard = toolstack.guard(GuardPolicy.standard(), scope(), GuardListener.NONE);
        try {
            work.run();
        } finally {
            guard.close();
        }
    }

    /** Guards until there is a verdict, and returns the exit status. */
    int stay() {
        PodGuard guard = toolstack.newGuard(GuardPolicy.standard(), scope(), new Listener());
        GuardLoop.End end = new GuardLoop(guard, session).untilDecided(Optional.empty());
        session.console().progress().clear();
        Optional<GuardStatus> last = guard.statuses().stream().findFirst();
        if (end != GuardLoop.End.DECIDED) {
            long debt = last.map(status -> status.pod().debtPages()).orElse(0L);
            session.complain(name + " runs without a guard, with " + Words.pages(debt)
                    + " to free; run xlj guard --once --domain " + name);
            return ExitStatus.FAILED;
        }
        return last.map(this::conclude).orElseGet(this::gone);
    }

    private GuardScope scope() {
        return GuardScope.of(Set.of(domain.uuid()));
    }

    private int conclude(GuardStatus status) {
        switch (GuardReport.Verdict.of(status)) {
            case STOPPED -> {
                return stopped(status);
            }
            case UNSAFE -> {
                session.complain(GuardReport.verdictLine(status));
                return ExitStatus.UNSAFE;
            }
            default -> {
                return ExitStatus.OK;
            }
        }
    }

    private int stopped(GuardStatus status) {
        try {
            Optional<ShutdownReason> reason = domain.status().shutdownReason();
            if (reason.equals(Optional.of(ShutdownReason.CRASH))) {
                session.complain(name + " has crashed, with "
                        + Words.pages(status.pod().debtPages())
                        + " still to free; xlj dmesg shows Xen's messages");
                return ExitStatus.FAILED;
            }
            if (reason.isEmpty()) {
                session.complain(GuardReport.verdictLine(status));
            }
            return ExitStatus.OK;
        } catch (DomainGoneException e) {
            return gone();
        }
    }

    private int gone() {
        session.complain(name + " was destroyed before its balloon driver had finished");
        return ExitStatus.OK;
    }

    /** Shows the events of the guard. */
    private final class Listener implements GuardListener {
        @Override
        public void changed(GuardEvent event) {
            if (verbosity == Verbosity.LINES || verbosity != Verbosity.QUIET && GuardReport.isTrouble(event)) {
                session.console().note(GuardReport.line(event));
            }
        }

        @Override
        public void looked(GuardStatus status) {
            if (verbosity == Verbosity.ONE_LINE) {
                session.console()
                        .progress()
                        .show(name + ": " + Words.of(status.state()) + ", "
                                + (Math.max(0, status.pod().debtPages()) + status.coveredPages())
                                + " pages to free (Ctrl-C leaves it running)");
            }
        }
    }
}
