// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.lifecycle.GuestTrigger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Press a button of an HVM guest's machine: an older name of trigger power and trigger sleep.")
final class ButtonPressCommand extends DomainCommand {
    @Parameters(index = "1", paramLabel = "BUTTON", converter = Buttons.class, description = "power or sleep")
    private Button button = Button.POWER;

    /** A button. */
    enum Button {
        POWER,
        SLEEP
    }

    ButtonPressCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.lifecycle()
                .send(
                        switch (button) {
                            case POWER -> GuestTrigger.POWER;
                            case SLEEP -> GuestTrigger.SLEEP;
                        });
    }

    private static final class Buttons extends Words.Converter<Button> {
        Buttons() {
            super(Button.class);
        }
    }
}
