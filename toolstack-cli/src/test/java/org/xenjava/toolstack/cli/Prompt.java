// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.xenjava.toolstack.cli.command.Caller;
import org.xenjava.toolstack.cli.command.HostOpener;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import picocli.CommandLine.Help.Ansi;

/** A prompt at which a test types commands, with their output. */
public final class Prompt {
    private final HostOpener host;
    private final List<Duration> slept = new ArrayList<>();
    private Runnable whileSleeping = () -> {};
    private Duration time = Duration.ZERO;

    /** The output and the status of a command. */
    public record Outcome(int status, String out, String err) {}

    public Prompt(HostOpener host) {
        this.host = host;
    }

    /** In dom0 of a simulated machine. */
    public static Prompt on(SimulatedXen xen) {
        return new Prompt(options -> options.open(xen.host()));
    }

    /** On a machine where Xen cannot be opened. */
    public static Prompt withoutXen() {
        return new Prompt(options -> {
            throw new XenUnavailableException("there is no Xen here");
        });
    }

    /** Runs a command in another environment. */
    public static int run(Session session, String... args) {
        return Xlj.run(session, args);
    }

    /** The environment of a process whose commands sleep in real time. */
    public Session session() {
        return new Session(
                Console.ofProcess(), host, duration -> Thread.sleep(duration.toMillis()), Caller.THIS_PROCESS);
    }

    /** What happens while a command waits. */
    public Prompt whileSleeping(Runnable event) {
        whileSleeping = event;
        return this;
    }

    /** How long commands have waited, one by one. */
    public List<Duration> slept() {
        return List.copyOf(slept);
    }

    public Outcome run(String... args) {
        return run(false, args);
    }

    /** With standard output and error on a terminal. */
    public Outcome runOnTerminal(String... args) {
        return run(true, args);
    }

    /** With other standard streams; the outcome has the errors only. */
    public Outcome runWith(InputStream in, OutputStream out, String... args) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console streams = new Console(in, new PrintStream(out, true), print(err), Set.of(), Ansi.OFF);
        int status = Xlj.run(new Session(streams, host, new Time(), Caller.THIS_PROCESS), args);
        return new Outcome(status, "", err.toString(StandardCharsets.UTF_8));
    }

    private Outcome run(boolean terminal, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console streams = new Console(
                InputStream.nullInputStream(),
                print(out),
                print(err),
                terminal ? EnumSet.of(Console.Stream.OUT, Console.Stream.ERR) : Set.of(),
                terminal ? Ansi.ON : Ansi.OFF);
        int status = Xlj.run(new Session(streams, host, new Time(), Caller.THIS_PROCESS), args);
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Passes only while a command sleeps, and at once. */
    private final class Time implements Sleeper {
        @Override
        public void sleep(Duration duration) throws InterruptedException {
            slept.add(duration);
            time = time.plus(duration);
            whileSleeping.run();
            if (Thread.interrupted()) {
                throw new InterruptedException("Ctrl-C");
            }
        }

        @Override
        public Instant now() {
            return Instant.EPOCH.plus(time);
        }
    }

    /** How long commands have waited in all. */
    public Duration time() {
        return time;
    }

    private static PrintStream print(ByteArrayOutputStream target) {
        return new PrintStream(target, true, StandardCharsets.UTF_8);
    }

    /** Hypercalls past the toolstack. */
    public static Xenctrl hypercalls(SimulatedXen xen) {
        return Xenctrl.open(xen.connect());
    }
}
