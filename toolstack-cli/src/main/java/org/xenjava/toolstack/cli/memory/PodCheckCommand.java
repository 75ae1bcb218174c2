// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import com.google.gson.JsonObject;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.DomainSelection;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.PodNumbers;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.error.DomainNotFoundException;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.pod.MemoryTouchingOperation;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.pod.PodVerdict;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The check utility of XSA-153. For a domid, output and exit status are the utility's; names, {@code --all}, {@code
 * --json} and {@code --watch} are additions.
 */
@Command(
        exitCodeOnInvalidInput = PodCheck.FAILED,
        exitCodeOnExecutionException = PodCheck.FAILED,
        description = "Check whether users of a guest can crash it (XSA-153), whichever toolstack built it.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "  0:not vulnerable",
            "  1:vulnerable: populate-on-demand entries are left without a page",
            "  2:should not happen: more pages in the cache than entries",
            "255:bad usage, no such domain, or Xen refused; nothing is on standard output",
            "   :with --all: the worst of all, 255 before 2 before 1; with --before: 1 if refused, 0 if not"
        })
final class PodCheckCommand extends HostCommand implements ReadOnly {
    /** {@code DOMID_FIRST_RESERVED} of Xen's {@code public/xen.h}. */
    private static final int FIRST_RESERVED_DOMID = 0x7FF0;

    @ArgGroup(multiplicity = "1")
    private final DomainSelection targets = new DomainSelection();

    @Option(
            names = "--watch",
            description = "repeat until no domain is vulnerable; prints JSON with one line for each reading")
    private boolean watch;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "time between two readings; ${DEFAULT-VALUE} by default")
    private int intervalSeconds;

    @Option(
            names = "--explain",
            description = "print for each domain, including PV domains, its kind, builder, slack, monitors and remedy")
    private boolean explain;

    @Option(
            names = "--before",
            paramLabel = "OPERATION",
            converter = Moves.class,
            description =
                    "refuse, with the reason, an operation that could crash the guest now: save, migrate, coredump,"
                            + " map-memory or attach-monitor")
    private Optional<MemoryTouchingOperation> before = Optional.empty();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    PodCheckCommand(Session session) {
        super(session);
    }

    /** The result of one round of readings; {@code failed} if a domain could not be read. */
    private record Look(List<PodStatus> statuses, boolean failed) {
        boolean vulnerable() {
            return statuses.stream().anyMatch(status -> status.verdict() == PodVerdict.VULNERABLE);
        }

        int exitStatus() {
            return failed
                    ? PodCheck.FAILED
                    : statuses.stream()
                            .mapToInt(status -> PodCheck.of(status).exitStatus())
                            .max()
                            .orElse(ExitStatus.OK);
        }
    }

    /** Reads the name of an operation. */
    static final class Moves extends Words.Converter<MemoryTouchingOperation> {
        Moves() {
            super(MemoryTouchingOperation.class);
        }
    }

    @Override
    protected int run(Toolstack toolstack) throws InterruptedException {
        requireUsage();
        if (explain) {
            return explain(toolstack);
        }
        Look look = look(toolstack);
        print(look);
        while (watch && look.vulnerable() && !look.failed()) {
            session.sleeper().sleep(Duration.ofSeconds(intervalSeconds));
            look = look(toolstack);
            print(look);
        }
        return before.isPresent() ? judge(toolstack, before.get()) : look.exitStatus();
    }

    /** The result of the library's own check, which is newer than the printed readings. */
    private int judge(Toolstack toolstack, MemoryTouchingOperation move) {
        try {
            find(toolstack, targets.domain().orElseThrow()).pod().requireNoDebt(move);
            return ExitStatus.OK;
        } catch (PodDebtException e) {
            session.complain(Remedies.explain(e));
            return ExitStatus.FAILED;
        }
    }

    private int explain(Toolstack toolstack) {
        PodExplanation explanation = new PodExplanation(session, json.chosen());
        return targets.domain()
                .map(name -> explanation.of(find(toolstack, name)))
                .orElseGet(() -> explanation.ofAll(toolstack));
    }

    private void requireUsage() {
        if (explain && (watch || before.isPresent())) {
            throw new ParameterException(spec.commandLine(), "--explain goes with neither --watch nor --before");
        }
        if (before.isPresent() && targets.domain().isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--before needs a DOMAIN");
        }
        if (intervalSeconds < 1) {
            throw new ParameterException(spec.commandLine(), "--interval is 1 or more seconds");
        }
    }

    private Look look(Toolstack toolstack) {
        return targets.domain()
                .map(name -> new Look(List.of(find(toolstack, name).pod().status()), false))
                .orElseGet(() -> lookAtAll(toolstack));
    }

    private Look lookAtAll(Toolstack toolstack) {
        List<ToolstackException> failures = new ArrayList<>();
        List<PodStatus> statuses = toolstack.podStatuses(failures::add);
        failures.forEach(failure -> session.complain(failure.getMessage()));
        return new Look(statuses, !failures.isEmpty());
    }

    private Domain find(Toolstack toolstack, String name) {
        if (!name.matches("\\d+")) {
            return toolstack.resolve(name);
        }
        BigInteger number = new BigInteger(name);
        if (number.signum() == 0 || number.compareTo(BigInteger.valueOf(FIRST_RESERVED_DOMID)) >= 0) {
            throw new ParameterException(
                    spec.commandLine(), "a domid is 1 … " + (FIRST_RESERVED_DOMID - 1) + ", not " + name);
        }
        return toolstack
                .find(number.intValue())
                .orElseThrow(() -> new DomainNotFoundException("there is no domain " + name));
    }

    private void print(Look look) {
        if (!json.chosen()) {
            look.statuses().stream()
                    .flatMap(status -> PodCheck.of(status).lines().stream())
                    .forEach(session::print);
            return;
        }
        List<JsonObject> documents =
                look.statuses().stream().map(PodCheckCommand::document).toList();
        Object answer = targets.domain().isEmpty() ? documents : documents.get(0);
        session.print(watch ? Json.line(answer) : Json.pretty(answer));
    }

    private static JsonObject document(PodStatus status) {
        record Subject(int domid, String name) {}
        record Conclusion(PodVerdict verdict) {}
        return Json.join(
                new Subject(status.domid(), status.name()), PodNumbers.of(status), new Conclusion(status.verdict()));
    }
}
