// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.migrate.Presence;

/**
 * The lab's guest that does with its memory exactly what it is told ({@code lab/podguest}), driven over its console. A
 * command that the guest cannot obey is an {@link AssertionError}. Memory is in pages, by guest frame number.
 */
final class PodGuest {
    private static final Duration BOOT = Duration.ofMinutes(1);
    private static final Duration ANSWER = Duration.ofMinutes(2);

    /** Its file: a PVH kernel, and what an HVM guest can begin with in place of hvmloader. */
    static final Path PROGRAM = Dom0.GUESTS.resolve("podguest");

    private final GuestConsole console;

    private PodGuest(GuestConsole console) {
        this.console = console;
    }

    /**
     * The memory of the guest as the guest knows it.
     *
     * @param ownPages its kernel
     * @param ramPages all other RAM that it has
     * @param reservation what the domain owns, as Xen tells the guest
     */
    record Info(long ownPages, long ramPages, long reservation) {}

    /** A configuration of it; the command line may hold commands to obey at boot. */
    static DomainConfig.Builder config(String name, long memoryMib, long maxMemoryMib) {
        return DomainConfig.builder(name).kernel(PROGRAM).memoryMib(memoryMib).maxMemoryMib(maxMemoryMib);
    }

    /** The same guest for xl. */
    static Path xlConfig(String name, long memoryMib, long maxMemoryMib) {
        try {
            Path file = Files.createTempFile(name, ".cfg");
            // Without vcpus, libxl sizes the guest's paging pool for none.
            Files.writeString(
                    file,
                    """
                    name="%s"
                    type="pvh"
                    kernel="%s"
                    memory=%d
                    maxmem=%d
                    vcpus=1
                    on_crash="preserve"
                    """
                            .formatted(name, PROGRAM, memoryMib, maxMemoryMib));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Unpauses the domain and waits until the guest listens. */
    static PodGuest boot(Domain domain) {
        GuestConsole console = new GuestConsole(domain.name(), domain.console().terminal(BOOT));
        int from = console.length();
        domain.unpause();
        console.await("POD DONE", from, BOOT);
        return new PodGuest(console);
    }

    /** One that somebody else has unpaused; it hears what is typed while it boots. */
    static PodGuest running(Domain domain) {
        return new PodGuest(new GuestConsole(domain.name(), domain.console().terminal(BOOT)));
    }

    /** One that has migrated within the host: xenconsoled names the log after the name of the domain that was built. */
    static PodGuest moved(Domain domain) {
        return new PodGuest(new GuestConsole(
                domain.name() + Presence.INCOMING, domain.console().terminal(BOOT)));
    }

    /** Writes those pages again and again until the toolstack asks the guest to suspend itself. */
    void awaitSuspend(long gfn, long count) {
        int from = console.length();
        console.type("suspend " + gfn + " " + count);
        console.await("WAITING", from, BOOT);
    }

    /** Waits until the guest goes on after {@link #awaitSuspend}, in the same domain ({@code here}) or {@code elsewhere}. */
    void awaitResumed(String where) {
        console.await("RESUMED " + where + "\\R+POD OK", 0, ANSWER);
    }

    Info info() {
        String answer = say("info");
        return new Info(
                number(answer, "OWN \\d+ (\\d+)"),
                number(answer, "PAGES (\\d+)"),
                number(answer, "RESERVATION (\\d+)"));
    }

    /** Gives pages back to Xen. */
    void free(long gfn, long count) {
        say("free " + gfn + " " + count);
    }

    /** Gets pages from Xen. */
    void populate(long gfn, long count) {
        say("populate " + gfn + " " + count);
    }

    /** Touches pages without changing them: such as were not populated are then, with zeroes. */
    void read(long gfn, long count) {
        say("touch " + gfn + " " + count + " zero");
    }

    /** Fills pages with data. */
    void write(long gfn, long count) {
        say("touch " + gfn + " " + count + " data");
    }

    /** Fills pages with zeroes. */
    void zero(long gfn, long count) {
        say("zero " + gfn + " " + count);
    }

    /** The data that {@link #write} or {@link #fill} has left there is unharmed. */
    void verify(long gfn, long count) {
        say("verify " + gfn + " " + count);
    }

    /**
     * Balloons to the target in xenstore.
     *
     * @param shortfall how many pages short of it to stop
     * @return the number of pages given back
     */
    long balloon(long shortfall) {
        return number(say("balloon auto " + shortfall), "BALLOONED (\\d+)");
    }

    /** Fills all of its memory with data and verifies it; returns the number of pages, its kernel's excluded. */
    long fill() {
        return number(say("fill"), "FILLED (\\d+)");
    }

    /** Begins to fill, and need not survive it. */
    void startFilling() {
        console.type("fill");
    }

    /** Fills all of its memory with data and verifies it, unless it dies of that. */
    void fillOrDie(Domain domain) {
        int from = console.length();
        startFilling();
        Dom0.await("the end of filling on the console of " + domain, ANSWER, () -> {
            String answer = console.since(from);
            if (answer.contains("POD FAIL")) {
                throw new AssertionError("fill: " + answer);
            }
            boolean ended = answer.contains("POD OK")
                    || domain.status().shutdownReason().isPresent();
            return ended ? Optional.of(domain) : Optional.empty();
        });
    }

    /** Moves a page to another frame number. */
    void move(long fromGfn, long toGfn) {
        say("map 2 " + fromGfn + " " + toGfn);
    }

    void shutdown(ShutdownReason reason) {
        say("shutdown " + reason.code());
    }

    private String say(String command) {
        int from = console.length();
        console.type(command);
        String answer = console.await("(?m)^POD (OK|FAIL.*)$", from, ANSWER);
        if (answer.contains("POD FAIL")) {
            throw new AssertionError(command + ": " + answer);
        }
        return answer;
    }

    private static long number(String answer, String pattern) {
        Matcher matcher = Pattern.compile("(?m)^" + pattern).matcher(answer);
        if (!matcher.find()) {
            throw new AssertionError("no '" + pattern + "' in: " + answer);
        }
        return Long.parseLong(matcher.group(1));
    }
}
