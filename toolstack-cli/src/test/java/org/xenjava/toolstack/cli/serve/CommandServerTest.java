// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.cli.command.Caller;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.sim.SimulatedXen;

/** Commands that {@code bin/xlj-client} sends, as {@code bin/xlj} calls it. */
@Timeout(60)
class CommandServerTest {
    private static final Outcome DONE = new Outcome(0, "", "");

    /** The signals of a test, as the client numbers them. */
    private static final int TERMINATED = 128 + 15;

    private static final String CLIENT =
            Path.of("../bin/xlj-client").toAbsolutePath().toString();

    private final Prompt prompt = Prompt.on(SimulatedXen.create());
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CompletableFuture<String> left = new CompletableFuture<>();
    private final CompletableFuture<Boolean> endedFirst = new CompletableFuture<>();

    @TempDir
    Path directory;

    private Path jar = Path.of("");
    private Path java = Path.of("");
    private Path path = Path.of("");
    private ServeSocket socket;
    private CommandServer server;
    private Thread thread = new Thread();

    @BeforeEach
    void serve() throws IOException {
        jar = Files.writeString(directory.resolve("xlj.jar"), "a jar");
        java = Files.writeString(directory.resolve("release"), "17");
        // Announces the command that a process of its own would run.
        Path launcher = Files.writeString(directory.resolve("launcher"), "#!/bin/sh\necho \"own process: $*\"\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        path = directory.resolve("run/serve.sock");
        socket = ServeSocket.open(path);
        server = new CommandServer(socket, ServedJar.of(jar, List.of(java)), prompt.session(), (session, words) -> {
            if (!words[0].equals("version")) {
                return Prompt.run(session, words);
            }
            // A command for tests: the first argument says how it can be stopped.
            String ended =
                    switch (words[1]) {
                        case "by-its-own-way" -> waitForStop(session);
                        case "output" -> printMuch(session);
                        case "without-its-build" -> leaveABuild(session);
                        default -> waitForInterrupt();
                    };
            session.print(ended);
            left.complete(ended);
            return 3;
        });
        thread = new Thread(server::run);
        thread.start();
    }

    private String waitForStop(Session session) {
        CompletableFuture<String> stopped = new CompletableFuture<>();
        return session.caller().untilStopped(() -> stopped.complete("stopped"), () -> {
            entered.countDown();
            return stopped.join();
        });
    }

    /** More than the socket takes. */
    private String printMuch(Session session) {
        entered.countDown();
        for (int i = 0; i < 1 << 13; i++) {
            session.print("x".repeat(1 << 10));
        }
        return "printed";
    }

    /** Returns while another thread builds a guest. The build sees whether the command's thread ends before it. */
    private String leaveABuild(Session session) {
        Thread command = Thread.currentThread();
        CountDownLatch begun = new CountDownLatch(1);
        DomainConfig guest =
                XlConfigReader.read(directory.resolve("web.cfg"), List.of()).config();
        try (Toolstack toolstack = session.open()) {
            CompletableFuture.runAsync(() -> toolstack.create(
                    guest,
                    progress -> {
                        begun.countDown();
                        endedFirst.complete(endsWithin(command));
                    },
                    new Cancellation()));
            begun.await();
            // The toolstack does not wait for its operations then.
            command.interrupt();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return "left";
    }

    private static boolean endsWithin(Thread thread) {
        try {
            thread.join(300);
            return !thread.isAlive();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String waitForInterrupt() {
        entered.countDown();
        try {
            Thread.sleep(TimeUnit.MINUTES.toMillis(1));
            return "not interrupted";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    @AfterEach
    void end() throws IOException, InterruptedException {
        server.stop();
        thread.join();
        socket.close();
        assertFalse(Files.exists(path));
    }

    private Process start(Path jarOfCaller, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "perl",
                "-w",
                CLIENT,
                path.toString(),
                jarOfCaller.toString(),
                directory.resolve("launcher").toString()));
        command.addAll(List.of(words));
        return new ProcessBuilder(command).directory(directory.toFile()).start();
    }

    private static Outcome outcome(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes());
        String err = new String(process.getErrorStream().readAllBytes());
        return new Outcome(process.waitFor(), out, err);
    }

    private Outcome run(String... words) throws IOException, InterruptedException {
        return outcome(start(jar, words));
    }

    private boolean runs(String guest) {
        Outcome listed = prompt.run("list", guest);
        return listed.status() == 0 && !listed.out().contains("--p---");
    }

    private static Outcome inOwnProcess(String words) {
        return new Outcome(0, "own process: " + words + "\n", "");
    }

    @Test
    void outputErrorsAndStatusAreThoseOfTheCommand() throws IOException, InterruptedException {
        assertEquals(prompt.run("domname", "0"), run("domname", "0"));
        assertEquals(prompt.run("list"), run("list"));
        assertEquals(prompt.run("domid", "web"), run("domid", "web"));
        assertEquals(1, run("domid", "web").status());
        assertEquals(prompt.run("domid"), run("domid"));
        assertEquals(2, run("domid").status());
        assertEquals(prompt.run("list", "--help"), run("list", "--help"));
    }

    @Test
    void aConfigurationIsFoundInTheCallersDirectory() throws IOException, InterruptedException {
        new GuestFiles(directory).config("web", "memory = 64");
        assertEquals(DONE, run("create", "-p", "web.cfg"));
        assertEquals("web\n", run("domname", "1").out());
        assertEquals(DONE, run("destroy", "web"));
    }

    @Test
    void wordsOfACommentNameNoFile() throws IOException, InterruptedException {
        GuestFiles files = new GuestFiles(directory);
        files.write("out", new byte[1]);
        // The full stop behind a bracket is a word of its own, and a directory.
        files.config("web", "  # out of memory (XSA-153).", "memory = 64");
        assertEquals(DONE, run("create", "-p", "web.cfg"));
        assertEquals(DONE, run("destroy", "web"));
    }

    @Test
    void aFileThatARelativePathNamesIsLeftToAProcessOfItsOwn() throws IOException, InterruptedException {
        GuestFiles files = new GuestFiles(directory);
        files.config("web", "memory = 64", "ramdisk = 'initrd'");
        files.write("initrd", new byte[1]);
        assertEquals(inOwnProcess("create -p web.cfg"), run("create", "-p", "web.cfg"));
        files.config("db", "memory = 64");
        assertEquals(
                inOwnProcess("create -p db.cfg disk=['initrd,raw,xvda,r']"),
                run("create", "-p", "db.cfg", "disk=['initrd,raw,xvda,r']"));
        assertEquals(inOwnProcess("block-attach 0 initrd,raw,xvda,r"), run("block-attach", "0", "initrd,raw,xvda,r"));
        assertEquals(
                inOwnProcess("create -p db.cfg disk=['file:initrd,xvda,r']"),
                run("create", "-p", "db.cfg", "disk=['file:initrd,xvda,r']"));
        files.write("my disk (1).img", new byte[1]);
        files.config("spaces", "memory = 64", "disk = [ 'my disk (1).img,raw,xvda,r' ]");
        assertEquals(inOwnProcess("create -p spaces.cfg"), run("create", "-p", "spaces.cfg"));
        // Is a file of the server's directory only.
        files.config("elsewhere", "memory = 64", "ramdisk = 'pom.xml'");
        assertEquals(inOwnProcess("create -p elsewhere.cfg"), run("create", "-p", "elsewhere.cfg"));
        assertEquals(prompt.run("domid", "web"), run("domid", "web"));
    }

    private static String namespace() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString();
    }

    /** A request as the client sends it. */
    private ByteBuffer request(String namespace, String... words) throws IOException {
        Map<String, Object> root = Files.readAttributes(Path.of("/"), "unix:dev,ino");
        List<String> fields = new ArrayList<>(
                List.of(jar.toString(), "/", namespace, root.get("dev") + ":" + root.get("ino"), "", "", ""));
        fields.addAll(List.of(words));
        byte[] bytes = String.join("\0", fields).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Integer.BYTES + bytes.length)
                .putInt(bytes.length)
                .put(bytes)
                .flip();
    }

    private CommandRequest received(String namespace) throws IOException {
        return CommandRequest.read(new DataInputStream(
                new ByteArrayInputStream(request(namespace, "list").array())));
    }

    @Test
    void aCallerWithOtherFilesIsRefused() throws IOException {
        assertTrue(received(namespace()).hasFilesOfThisProcess());
        assertFalse(received("mnt:[1]").hasFilesOfThisProcess());
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            client.write(request("mnt:[1]", "list"));
            byte[] answers = Channels.newInputStream(client).readAllBytes();
            assertEquals("r\0\0\0\0n\0\0\0\0", new String(answers, StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aCallerThatDoesNotReadKeepsNothingFromEnding() throws Exception {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            client.write(request(namespace(), "version", "output"));
            entered.await();
            server.stop();
            thread.join();
            assertEquals("printed", left.get());
        }
    }

    @Test
    void aSignalThatTheCallerIgnoresIsNotPassedOn() throws IOException, InterruptedException {
        Process client = new ProcessBuilder(
                        "sh",
                        "-c",
                        "trap '' HUP; exec \"$@\"",
                        "sh",
                        "perl",
                        "-w",
                        CLIENT,
                        path.toString(),
                        jar.toString(),
                        "/",
                        "version",
                        "by-its-own-way")
                .start();
        entered.await();
        new ProcessBuilder("kill", "-HUP", Long.toString(client.pid())).start().waitFor();
        client.toHandle().destroy();
        assertEquals(TERMINATED, outcome(client).status());
    }

    @Test
    void commandsThatNeedTheirCallerRunInAProcessOfTheirOwn() throws IOException, InterruptedException {
        String file = new GuestFiles(directory).config("web", "memory = 64");
        assertEquals(inOwnProcess("console 0"), run("console", "0"));
        assertEquals(inOwnProcess("-v list"), run("-v", "list"));
        assertEquals(inOwnProcess("list --debug"), run("list", "--debug"));
        assertEquals(inOwnProcess("create -pc " + file), run("create", "-pc", file));
        assertEquals(inOwnProcess("domid w\u00e4b"), run("domid", "w\u00e4b"));
        assertEquals(inOwnProcess(""), run());
    }

    @Test
    void anotherJarRunsItsOwnCommands() throws IOException, InterruptedException {
        Path other = Files.writeString(directory.resolve("other.jar"), "another jar");
        assertEquals(inOwnProcess("list"), outcome(start(other, "list")));
    }

    @Test
    void aReplacedJavaEndsTheServer() throws IOException, InterruptedException {
        Files.writeString(java, "17.0.1");
        assertEquals(inOwnProcess("list"), run("list"));
        thread.join();
    }

    @Test
    void aReplacedJarEndsTheServer() throws IOException, InterruptedException {
        Files.writeString(jar, "a jar of another size");
        assertEquals(inOwnProcess("list"), run("list"));
        thread.join();
    }

    @Test
    void aSignalOfTheCallerStopsTheCommand() throws IOException, InterruptedException {
        Process client = start(jar, "version", "by-its-own-way");
        entered.await();
        client.toHandle().destroy();
        assertEquals(new Outcome(TERMINATED, "stopped\n", ""), outcome(client));
    }

    @Test
    void aSignalInterruptsACommandThatKnowsNoOtherEnd() throws IOException, InterruptedException {
        Process client = start(jar, "version", "by-an-interrupt");
        entered.await();
        client.toHandle().destroy();
        assertEquals(new Outcome(TERMINATED, "interrupted\n", ""), outcome(client));
    }

    @Test
    void aCommandEndsAfterTheBuildsOfItsThreads() throws Exception {
        new GuestFiles(directory).config("web", "memory = 64");
        assertEquals(3, run("version", "without-its-build").status());
        assertFalse(endedFirst.get(1, TimeUnit.MINUTES), "the leases of the build were void");
        assertEquals(1, run("domid", "web").status(), "the build was cancelled");
    }

    @Test
    void aCallerThatIsKilledStopsTheCommand() throws Exception {
        Process client = start(jar, "version", "by-its-own-way");
        entered.await();
        client.destroyForcibly();
        assertEquals("stopped", left.get(1, TimeUnit.MINUTES));
    }

    @Test
    void theEndOfTheServerStopsACommandAndWaitsForIt() throws Exception {
        Process client = start(jar, "version", "by-its-own-way");
        entered.await();
        server.stop();
        thread.join();
        assertEquals(new Outcome(3, "stopped\n", ""), outcome(client));
    }

    @Test
    void aGuardedCreateEndsAtASignalAndLeavesTheGuest() throws Exception {
        String file = new GuestFiles(directory).config("web", "memory = 64", "maxmem = 128");
        Process client = start(jar, "create", "-v", file);
        // The guest does not balloon, so the guard has no verdict.
        for (long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1); !runs("web"); Thread.sleep(20)) {
            assertTrue(System.nanoTime() < end, "the guest does not run");
        }
        client.toHandle().destroy();
        Outcome outcome = outcome(client);
        assertEquals(TERMINATED, outcome.status());
        assertTrue(outcome.err().contains("web runs without a guard"), outcome.err());
        assertEquals(0, prompt.run("domid", "web").status());
    }

    @Test
    void commandsRunBesideEachOther() throws Exception {
        Process first = start(jar, "version", "by-its-own-way");
        entered.await();
        assertEquals("0\n", run("domid", "Domain-0").out());
        first.toHandle().destroy();
        first.waitFor();
    }

    @Test
    void theSocketBelongsToItsUserAlone() throws IOException {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path.getParent())));
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        IOException refused = assertThrows(IOException.class, () -> ServeSocket.open(open.resolve("s")));
        assertTrue(refused.getMessage().contains("nobody else may write it"), refused.getMessage());
    }

    @Test
    void aSecondServerIsRefusedAndASocketThatWasLeftIsReplaced() throws IOException {
        assertTrue(assertThrows(IOException.class, () -> ServeSocket.open(path))
                .getMessage()
                .startsWith("another xlj serve listens at "));
        Path left = Files.writeString(path.resolveSibling("left"), "");
        ServeSocket.open(left).close();
        assertFalse(Files.exists(left));
    }

    @Test
    void theCommandServesUntilItIsStopped() throws Exception {
        CompletableFuture<Runnable> running = new CompletableFuture<>();
        Caller caller = new Caller() {
            @Override
            public <T> T untilStopped(Runnable stop, Supplier<T> work) {
                running.complete(stop);
                return work.get();
            }

            @Override
            public Path path(String word) {
                return Path.of(word);
            }

            @Override
            public void requireThisProcess() {}

            @Override
            public void requireNoRelativeFile(Path config, List<String> lines) {}

            @Override
            public void requireNoFileOfCaller(DomainConfig config) {}
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = Console.ofCaller(OutputStream.nullOutputStream(), err, Set.of(), Map.of());
        Session session = prompt.session().calledBy(caller, console);
        String other = directory.resolve("other.sock").toString();
        CompletableFuture<Integer> status =
                CompletableFuture.supplyAsync(() -> Prompt.run(session, "serve", "--socket", other));
        running.get(1, TimeUnit.MINUTES).run();
        assertEquals(0, status.get(1, TimeUnit.MINUTES));
        assertEquals("xlj: serving commands at " + other + "\n", err.toString());
    }

    @Test
    void withoutAServerTheCommandRunsInAProcessOfItsOwn() throws IOException, InterruptedException {
        server.stop();
        thread.join();
        assertEquals(inOwnProcess("list"), run("list"));
    }
}
