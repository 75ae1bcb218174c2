// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The guest's xl.cfg file, and lines that override it; lines contain a {@code =}, as in xl. */
public final class GuestFile {
    @Parameters(
            paramLabel = "FILE|KEY=VALUE",
            description =
                    "an xl.cfg(5) file, and lines that override it; a ; separates lines in one argument. Or a file of"
                            + " libxl's JSON, as xl list -l prints it")
    private final List<String> arguments = new ArrayList<>();

    @Option(
            names = {"-f", "--defconfig"},
            paramLabel = "FILE",
            description = "the file, if its path contains a =")
    private Optional<Path> file = Optional.empty();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    /** Reads the file and prints its warnings on standard error. */
    public DomainConfig read(Session session) {
        return read(read(session.caller()), session);
    }

    /**
     * Reads the file that a command's own parameters name, and prints its warnings.
     *
     * @param words one file, and lines that override it
     * @param command the command of the parameters
     */
    public static DomainConfig read(List<String> words, CommandSpec command, Session session) {
        return read(read(words, Optional.empty(), command, session.caller()), session);
    }

    private static DomainConfig read(XlConfigReader.Result result, Session session) {
        result.warnings().forEach(warning -> session.complain(warning.toString()));
        return result.config();
    }

    /** Reads the given file, or the fallback if none is given, and prints its warnings on standard error. */
    public DomainConfig readOr(Path fallback, Session session) {
        if (file.isEmpty() && arguments.stream().allMatch(argument -> argument.contains("="))) {
            file = Optional.of(fallback);
        }
        return read(session);
    }

    /** Reads the file and drops its warnings. */
    public DomainConfig readQuietly(Session session) {
        return read(session.caller()).config();
    }

    private XlConfigReader.Result read(Caller caller) {
        return read(arguments, file, spec, caller);
    }

    private static XlConfigReader.Result read(
            List<String> arguments, Optional<Path> file, CommandSpec spec, Caller caller) {
        List<Path> files = new ArrayList<>(file.stream().toList());
        List<String> overrides = new ArrayList<>();
        for (String argument : arguments) {
            if (argument.contains("=")) {
                overrides.add(argument);
            } else {
                files.add(caller.path(argument));
            }
        }
        if (files.size() != 1) {
            throw new ParameterException(spec.commandLine(), "one configuration file is needed, not " + files.size());
        }
        Path chosen = files.get(0);
        caller.requireNoRelativeFile(chosen, overrides);
        XlConfigReader.Result result = LibxlConfig.readIfJson(chosen)
                .map(stored -> stored(chosen, stored, overrides, spec))
                .orElseGet(() -> XlConfigReader.read(chosen, overrides));
        caller.requireNoFileOfCaller(result.config());
        return result;
    }

    /** A configuration in libxl's JSON. A member that the library does not support is a warning. */
    private static XlConfigReader.Result stored(
            Path chosen, LibxlConfig stored, List<String> overrides, CommandSpec spec) {
        if (!overrides.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), chosen + " is libxl's JSON, which KEY=VALUE cannot override");
        }
        LibxlConfig.Reading reading = stored.read();
        return new XlConfigReader.Result(
                reading.config(),
                reading.ignored().stream()
                        .map(member -> new XlConfigReader.Warning(
                                chosen.toString(), 0, "'" + member + "' is not supported and ignored"))
                        .toList());
    }
}
