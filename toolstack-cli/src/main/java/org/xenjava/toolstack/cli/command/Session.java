// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.nio.file.Path;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.JsonText;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.xl.XlConf;
import org.xenjava.toolstack.memory.BackedBoot;

/**
 * The environment of a command, which a test replaces.
 *
 * @param console the streams of a command
 * @param host opens Xen
 * @param sleeper waits
 * @param caller the process that has given the command
 */
public record Session(Console console, HostOpener host, Sleeper sleeper, Caller caller) {
    private static final String XEN_PREFIX = "XLJ_XEN_PREFIX";

    /** The environment of this process on this machine. */
    public static Session ofProcess() {
        return new Session(
                Console.ofProcess(), Session::openHere, time -> Thread.sleep(time.toMillis()), Caller.THIS_PROCESS);
    }

    /** The environment names a Xen that was installed from source. */
    private static Toolstack openHere(ToolstackOptions options) {
        String prefix = System.getenv(XEN_PREFIX);
        return (prefix == null ? options : options.xenPrefix(Path.of(prefix))).open();
    }

    /** The same environment with another way to open Xen. */
    public Session opening(HostOpener otherwise) {
        return new Session(console, otherwise, sleeper, caller);
    }

    /** The same host for a command of another process. */
    public Session calledBy(Caller other, Console streams) {
        return new Session(streams, host, sleeper, other);
    }

    /** The same environment for a command that must not read standard input. */
    public Session withoutInput() {
        return new Session(console.withoutInput(), host, sleeper, caller);
    }

    /** Opens Xen; the caller closes it. The host lends pages to guests while they boot. */
    public Toolstack open() {
        return open(BackedBoot.full());
    }

    /** Opens Xen with another policy on lending pages to guests while they boot; the caller closes it. */
    public Toolstack open(BackedBoot backedBoot) {
        ToolstackOptions options =
                Toolstack.options().hotplugScripts(HotplugPolicy.RUN).backedBoot(backedBoot);
        return host.open(HostSettings.apply(options, XlConf.STANDARD, console));
    }

    /** Opens Xen without removing what failed commands have left behind; the caller closes it. */
    public Toolstack openKeepingLeftovers() {
        return host.open(HostSettings.apply(
                Toolstack.options().hotplugScripts(HotplugPolicy.RUN).keepingLeftovers(), XlConf.STANDARD, console));
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
