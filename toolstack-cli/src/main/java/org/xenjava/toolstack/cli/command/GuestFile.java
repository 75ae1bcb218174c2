// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Which guest: an xl.cfg file, and lines that override it, told apart by {@code =} as xl does. */
public final class GuestFile {
    @Parameters(
            paramLabel = "FILE|KEY=VALUE",
            description = "an xl.cfg(5) file, and lines that override it; a ; separates lines in one argument")
    private final List<String> arguments = new ArrayList<>();

    @Option(
            names = {"-f", "--defconfig"},
            paramLabel = "FILE",
            description = "the file, if its path contains a =")
    private Optional<Path> file = Optional.empty();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    /** Reads it; what the file's owner should know goes to standard error. */
    public DomainConfig read(Session session) {
        XlConfigReader.Result result = read();
        result.warnings().forEach(warning -> session.complain(warning.toString()));
        return result.config();
    }

    /** The same, of that file if none is given. */
    public DomainConfig readOr(Path fallback, Session session) {
        if (file.isEmpty() && arguments.stream().allMatch(argument -> argument.contains("="))) {
            file = Optional.of(fallback);
        }
        return read(session);
    }

    /** Reads it and keeps the warnings to itself. */
    public DomainConfig readQuietly() {
        return read().config();
    }

    private XlConfigReader.Result read() {
        List<Path> files = new ArrayList<>(file.stream().toList());
        List<String> overrides = new ArrayList<>();
        for (String argument : arguments) {
            if (argument.contains("=")) {
                overrides.add(argument);
            } else {
                files.add(Path.of(argument));
            }
        }
        if (files.size() != 1) {
            throw new ParameterException(spec.commandLine(), "one configuration file is needed, not " + files.size());
        }
        return XlConfigReader.read(files.get(0), overrides);
    }
}
