// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.PodReport;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.ToolstackException;

/** Prints the reports on domains and XSA-153, and returns {@code pod-check}'s exit status. */
final class PodExplanation {
    private final Session session;
    private final boolean json;

    PodExplanation(Session session, boolean json) {
        this.session = session;
        this.json = json;
    }

    int of(Domain domain) {
        PodReport report = domain.pod().report();
        if (json) {
            session.print(Json.pretty(PodReportText.document(report)));
        } else {
            PodReportText.of(report).forEach(session::print);
        }
        return PodCheck.of(report).exitStatus();
    }

    /** Reports on all domains, including PV domains and dom0. */
    int ofAll(Toolstack toolstack) {
        List<PodReport> reports = new ArrayList<>();
        boolean failed = false;
        for (Domain domain : toolstack.domains()) {
            try {
                reports.add(domain.pod().report());
            } catch (DomainGoneException e) {
                // The domain was destroyed after it was listed.
            } catch (ToolstackException e) {
                session.complain(e.getMessage());
                failed = true;
            }
        }
        if (json) {
            session.print(
                    Json.pretty(reports.stream().map(PodReportText::document).toList()));
        } else {
            reports.stream()
                    .flatMap(report -> PodReportText.of(report).stream())
                    .forEach(session::print);
        }
        return failed
                ? PodCheck.FAILED
                : reports.stream()
                        .mapToInt(report -> PodCheck.of(report).exitStatus())
                        .max()
                        .orElse(ExitStatus.OK);
    }
}
