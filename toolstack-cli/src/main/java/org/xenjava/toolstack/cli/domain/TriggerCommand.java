// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.util.Arrays;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.GuestTrigger;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
        description = {
            "Send a hardware event to a guest: power and sleep are buttons of an HVM guest, an nmi reaches every guest.",
            "Xen on x86 refuses reset and init."
        })
final class TriggerCommand extends DomainCommand {
    @Parameters(
            index = "1",
            paramLabel = "TRIGGER",
            converter = Words.class,
            description = "nmi, reset, init, power or sleep")
    private GuestTrigger trigger = GuestTrigger.POWER;

    TriggerCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.lifecycle().send(trigger);
    }

    private static final class Words implements ITypeConverter<GuestTrigger> {
        @Override
        public GuestTrigger convert(String word) {
            return Arrays.stream(GuestTrigger.values())
                    .filter(trigger -> trigger.word().equals(word))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException(
                            "'" + word + "' is not one of nmi, reset, init, power and sleep"));
        }
    }
}
