// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.time.Duration;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.lifecycle.SupervisionEvent;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.SupervisorService;

/** Supervises in the foreground, until Ctrl-C or SIGTERM, or until a single supervised domain has ended for good. */
final class ForegroundSupervisor {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final Session session;
    private final Toolstack toolstack;
    private final SupervisionListener listener;
    private final SupervisedEnd end = new SupervisedEnd();
    private volatile int status = ExitStatus.OK;

    ForegroundSupervisor(Session session, Toolstack toolstack, SupervisionListener listener) {
        this.session = session;
        this.toolstack = toolstack;
        this.listener = listener;
    }

    /** Supervises the domains of the host until Ctrl-C or SIGTERM, and returns the exit status. */
    int ofTheHost(SupervisionPolicy policy) {
        return run(policy, () -> {}, () -> false);
    }

    /**
     * Supervises one domain and its successors until they have ended for good, and returns the exit status.
     *
     * @param begin runs as soon as other supervisors leave the domain alone
     */
    int of(Domain domain, SupervisionPolicy policy, Runnable begin) {
        return run(
                policy.only(domain.uuid()),
                begin,
                () -> end.reached(() -> toolstack.find(domain.uuid()).isEmpty()));
    }

    private int run(SupervisionPolicy policy, Runnable begin, BooleanSupplier finished) {
        SupervisorService service = toolstack.supervise(policy, this::happened);
        try {
            begin.run();
            Sleeper.Stoppable pauses = session.sleeper().stoppable();
            return SignalShutdown.run(pauses::stop, () -> {
                while (!service.ended().isDone() && !finished.getAsBoolean() && pauses.sleep(BETWEEN_LOOKS)) {
                    // The service's thread does the work.
                }
                if (service.ended().isCompletedExceptionally()) {
                    session.complain(
                            "an error has ended the supervisor; guests that stop are not restarted. Run the command again");
                    return ExitStatus.FAILED;
                }
                return status;
            });
        } finally {
            service.close();
        }
    }

    private void happened(SupervisionEvent event) {
        end.happened(event.kind());
        if (event.kind() == SupervisionEvent.Kind.GAVE_UP) {
            status = ExitStatus.FAILED;
        }
        listener.happened(event);
    }

    /** An event as JSON. */
    record EventDocument(SupervisionEvent.Kind event, int domid, String name, UUID uuid, String detail) {
        static EventDocument of(SupervisionEvent event) {
            return new EventDocument(event.kind(), event.domid(), event.name(), event.uuid(), event.detail());
        }
    }
}
