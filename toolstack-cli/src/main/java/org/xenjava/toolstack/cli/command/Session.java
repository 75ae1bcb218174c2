// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.output.Console;

/**
 * The world outside a command, which a test replaces.
 *
 * @param streams where it reads and prints
 * @param host how it opens Xen
 * @param sleeper how it waits
 */
public record Session(Console streams, HostOpener host, Sleeper sleeper) {

    /** This process on the machine below it. */
    public static Session ofProcess() {
        return new Session(Console.ofProcess(), Toolstack.Options::open, time -> Thread.sleep(time.toMillis()));
    }

    /** The same, but Xen is opened in another way. */
    public Session opening(HostOpener otherwise) {
        return new Session(streams, otherwise, sleeper);
    }

    /** Xen, to be closed by the caller. */
    public Toolstack open() {
        return host.open(Toolstack.options());
    }

    public void print(String line) {
        streams.out().println(line);
    }

    /** On standard error, each line after the program's name. */
    public void complain(String message) {
        message.lines().forEach(line -> streams.err().println("xlj: " + line));
    }
}
