// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.error.ToolstackException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Every failure is one line on standard error and an exit status; {@code --debug} adds the stack trace. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final Session session;
    private final BooleanSupplier debug;

    Failures(Session session, BooleanSupplier debug) {
        this.session = session;
        this.debug = debug;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        session.complain(Objects.requireNonNull(e.getMessage()).replaceFirst("^Error: ", "") + " (see "
                + command.getCommandSpec().qualifiedName() + " --help)");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        session.complain(reason(e));
        if (debug.getAsBoolean()) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            trace.toString().lines().forEach(session.console()::note);
        }
        return command.getCommandSpec().exitCodeOnExecutionException();
    }

    private static String reason(Exception e) {
        if (e instanceof ToolstackException known) {
            return known.getMessage();
        }
        if (e instanceof UncheckedIOException) {
            return "a file cannot be read or written: " + e.getCause();
        }
        return "unexpected: " + e;
    }
}
