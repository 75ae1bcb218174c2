// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.lifecycle.GuestTrigger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Send a hardware event to a guest: power and sleep are buttons of an HVM guest, an nmi reaches every guest.",
            "s3resume wakes an HVM guest that sleeps.",
            "Xen on x86 refuses reset and init."
        })
final class TriggerCommand extends DomainCommand {
    @Parameters(
            index = "1",
            paramLabel = "TRIGGER",
            converter = Triggers.class,
            description = "nmi, reset, init, power, sleep or s3resume")
    private Trigger trigger = Trigger.POWER;

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "VCPU",
            description = "the vCPU that an nmi goes to; 0 by default")
    private int vcpu;

    /** A trigger of xl. Xen sends all but the last, which QEMU handles. */
    enum Trigger {
        NMI,
        RESET,
        INIT,
        POWER,
        SLEEP,
        S3RESUME
    }

    TriggerCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        if (trigger == Trigger.S3RESUME) {
            domain.lifecycle().wake();
        } else {
            domain.lifecycle().send(GuestTrigger.valueOf(trigger.name()), vcpu);
        }
    }

    private static final class Triggers extends Words.Converter<Trigger> {
        Triggers() {
            super(Trigger.class);
        }
    }
}
