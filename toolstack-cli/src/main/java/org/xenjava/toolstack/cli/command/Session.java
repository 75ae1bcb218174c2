// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.JsonText;
import org.xenjava.toolstack.memory.BackedBoot;

/**
 * The world outside a command, which a test replaces.
 *
 * @param console the streams of a command
 * @param host opens Xen
 * @param sleeper waits
 */
public record Session(Console console, HostOpener host, Sleeper sleeper) {
    /** This process on the machine below it. */
    public static Session ofProcess() {
        return new Session(Console.ofProcess(), Toolstack.Options::open, time -> Thread.sleep(time.toMillis()));
    }

    /** The same world, but Xen is opened in another way. */
    public Session opening(HostOpener otherwise) {
        return new Session(console, otherwise, sleeper);
    }

    /** Opens Xen; the caller closes it. Guests that are built are backed while they boot. */
    public Toolstack open() {
        return open(BackedBoot.full());
    }

    /** Opens Xen, with another rule for backing guests while they boot; the caller closes it. */
    public Toolstack open(BackedBoot backedBoot) {
        return host.open(Toolstack.options().backedBoot(backedBoot));
    }

    public void print(String line) {
        console.print(line);
    }

    public void print(JsonText json) {
        console.print(json);
    }

    /** Prints a message on standard error, each line after the program's name. */
    public void complain(String message) {
        console.complain(message);
    }
}
