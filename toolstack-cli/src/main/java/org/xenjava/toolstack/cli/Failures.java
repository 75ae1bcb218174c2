// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.OwnProcessNeededException;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.memory.Remedies;
import org.xenjava.toolstack.error.ToolstackException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Translates every failure to a message on standard error and an exit status; {@code --debug} adds the stack trace. */
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
        String message = e instanceof UnmatchedArgumentException unknown
                ? UnknownWords.message(unknown)
                : Objects.requireNonNull(e.getMessage()).replaceFirst("^Error: ", "");
        session.complain(message + " (see " + command.getCommandSpec().qualifiedName() + " --help)");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        if (!(e instanceof OwnProcessNeededException)) {
            report("", e);
        }
        return command.getCommandSpec().exitCodeOnExecutionException();
    }

    /** Reports an error of the virtual machine, such as a full heap, after which no command can continue. */
    int handleError(Error e) {
        report("", e);
        return ExitStatus.FAILED;
    }

    /** Reports that a thread has failed. */
    void handleEndOf(Thread thread, Throwable e) {
        report("the thread '" + thread.getName() + "' has failed and ends xlj: ", e);
    }

    private void report(String context, Throwable e) {
        session.complain(context + reason(e));
        if (debug.getAsBoolean()) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            trace.toString().lines().forEach(session.console()::note);
        }
    }

    static String reason(Throwable e) {
        if (e instanceof ToolstackException known) {
            return Remedies.explain(known);
        }
        if (e instanceof UncheckedIOException unchecked) {
            return reason(Objects.requireNonNull(unchecked.getCause()));
        }
        if (e instanceof FileSystemException failure) {
            return failure.getFile() + ": " + reason(failure);
        }
        if (e instanceof IOException) {
            return message(e).orElse("a file or a pipe cannot be read or written");
        }
        if (e instanceof InterruptedException) {
            return "interrupted";
        }
        if (e instanceof OutOfMemoryError) {
            return "the Java heap is full (" + message(e).orElse("no details")
                    + "); set XLJ_JAVA_OPTS=-Xmx1g, or more, to enlarge it";
        }
        return "internal error: " + message(e).orElse("no details") + "; please report it with the output of --debug";
    }

    private static String reason(FileSystemException failure) {
        if (failure instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return "the file exists already";
        }
        return Optional.ofNullable(failure.getReason()).orElse("it cannot be read or written");
    }

    private static Optional<String> message(Throwable e) {
        return Optional.ofNullable(e.getMessage()).filter(text -> !text.isBlank());
    }
}
