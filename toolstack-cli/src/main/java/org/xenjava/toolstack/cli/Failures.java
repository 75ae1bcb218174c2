// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.function.BooleanSupplier;
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
        session.complain(e.getMessage().replaceFirst("^Error: ", "") + " (see "
                + command.getCommandSpec().qualifiedName() + " --help)");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        session.complain(e instanceof ToolstackException ? e.getMessage() : "unexpected: " + e);
        if (debug.getAsBoolean()) {
            e.printStackTrace(session.streams().err());
        }
        return command.getCommandSpec().exitCodeOnExecutionException();
    }
}
