// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.command.Caller;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.sim.SimulatedDriverDomain;
import org.xenjava.toolstack.sim.SimulatedXen;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

@Timeout(60)
class DevdCommandTest {
    @TempDir
    Path directory;

    private final SimulatedXen xen = SimulatedXen.create();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final AtomicReference<String> pid = new AtomicReference<>("");

    private DomainConfig guest(String name, String... lines) {
        return XlConfigReader.read(Path.of(new GuestFiles(directory).config(name, lines)))
                .config();
    }

    private String text() {
        return out.toString(StandardCharsets.UTF_8);
    }

    /** The command sleeps until it has printed a text, and then gets Ctrl-C. */
    private int run(SimulatedDriverDomain system, String last, Path pidFile, String... args) {
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        Console console = new Console(InputStream.nullInputStream(), print, print, Set.of(), Ansi.OFF);
        Session session = new Session(
                console,
                options -> {
                    throw new AssertionError("devd opens no host");
                },
                time -> {
                    if (text().contains(last)) {
                        pid.set(Files.isRegularFile(pidFile) ? read(pidFile) : "");
                        throw new InterruptedException("Ctrl-C");
                    }
                    Thread.sleep(10);
                },
                Caller.THIS_PROCESS);
        DevdCommand command = new DevdCommand(session, options -> options.records(directory.resolve("records"))
                .open(system.connect(), system.scripts()));
        return new CommandLine(command).execute(args);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private SimulatedDriverDomain driver(Toolstack toolstack) {
        Domain driver = toolstack.create(guest("net", "memory = 32", "driver_domain = 1"));
        driver.unpause();
        SimulatedDriverDomain system = xen.driverDomain(driver.domid(), List.of(), List.of("far"), Map.of());
        toolstack.create(guest("web", "memory = 32", "vif = ['mac=00:16:3e:01:02:03,backend=net,bridge=far']"));
        return system;
    }

    @Test
    void devdServesUntilItIsTerminated() {
        Path pidFile = directory.resolve("devd.pid");
        try (Toolstack toolstack = Toolstack.options().open(xen.host())) {
            int status = run(driver(toolstack), ": connected: far", pidFile, "-F", "-p", pidFile.toString());
            assertEquals(0, status, text());
        }
        assertEquals("serving devices of other domains from domain 1\nbackend/vif/2/0: connected: far\n", text());
        assertEquals(ProcessHandle.current().pid() + "\n", pid.get());
        assertFalse(Files.exists(pidFile));
    }

    @Test
    void eventsArePrintedAsJson() {
        try (Toolstack toolstack = Toolstack.options().open(xen.host())) {
            assertEquals(0, run(driver(toolstack), "}", directory, "--json"));
        }
        assertTrue(text().contains("\"device\""), text());
        assertTrue(text().contains("backend/vif/2/0"), text());
    }

    @Test
    void withoutXenTheCommandSaysWhatIsMissing() {
        assumeFalse(Files.exists(Path.of("/dev/xen/xenbus")), "this machine is a guest of Xen");
        Prompt.Outcome outcome = Prompt.withoutXen().run("devd");
        assertEquals(
                new Prompt.Outcome(
                        1,
                        "",
                        "xlj: Cannot open /dev/xen/xenbus (ENOENT): this is for a guest of Xen that is a driver domain; in"
                                + " such a guest, load the driver with 'modprobe xenfs'\n"),
                outcome);
    }
}
