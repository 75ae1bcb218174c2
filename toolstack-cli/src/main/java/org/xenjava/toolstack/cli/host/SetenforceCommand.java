// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.Locale;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.XenSecurity.Enforcement;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(description = "Let Xen enforce its security policy, or only log what the policy forbids.")
final class SetenforceCommand extends HostCommand {
    @Parameters(
            index = "0",
            paramLabel = "MODE",
            converter = Modes.class,
            description = "1 or Enforcing, 0 or Permissive")
    private Enforcement mode = Enforcement.ENFORCING;

    SetenforceCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        toolstack.security().setEnforcement(mode);
        return ExitStatus.OK;
    }

    private static final class Modes implements ITypeConverter<Enforcement> {
        @Override
        public Enforcement convert(String word) {
            return switch (word.toLowerCase(Locale.ROOT)) {
                case "1", "enforcing" -> Enforcement.ENFORCING;
                case "0", "permissive" -> Enforcement.PERMISSIVE;
                default ->
                    throw new TypeConversionException("'" + word + "' is not one of 0, 1, Enforcing, Permissive");
            };
        }
    }
}
