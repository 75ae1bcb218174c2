// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Signatures in xenstore of commands that one process runs. */
@Timeout(60)
class ThreadIdentityTest {
    @TempDir
    Path directory;

    @Test
    void aThreadHasAnIdentityThatEndsWithIt() throws Exception {
        ThreadIdentity mine = ThreadIdentity.ofThisThread();
        CompletableFuture<String> other = new CompletableFuture<>();
        CountDownLatch end = new CountDownLatch(1);
        Thread running = new Thread(() -> {
            other.complete(ThreadIdentity.ofThisThread().self());
            assertDoesNotThrow(() -> end.await());
        });
        running.start();
        ProcessIdentity processes = ProcessIdentity.ofProc();
        assertNotEquals(mine.self(), other.get());
        assertEquals(mine.self(), ThreadIdentity.ofThisThread().self());
        assertEquals(Liveness.ALIVE, processes.liveness(other.get()));
        end.countDown();
        running.join();
        awaitDeath(other.get());
        assertEquals(Liveness.ALIVE, mine.liveness(mine.self()));
    }

    /** The identity of a process, among the values that a command writes. */
    private static final Pattern IDENTITY = Pattern.compile("pid:\\[\\d+\\] \\d+ \\d+");

    @Test
    void whatACommandHoldsIsSignedByItsThreadAndVoidAfterItsEnd() throws Exception {
        Path socket = directory.resolve("run/serve.sock");
        Set<String> signatures = ConcurrentHashMap.newKeySet();
        SimulatedXen machine = SimulatedXen.create();
        Prompt spied = new Prompt(options ->
                options.tap(libraries -> spyOn(libraries, signatures)).open(machine.host()));
        Path jar = Files.writeString(directory.resolve("xlj.jar"), "a jar");
        try (ServeSocket listening = ServeSocket.open(socket)) {
            CommandServer signing =
                    new CommandServer(listening, ServedJar.of(jar, List.of()), spied.session(), Prompt::run);
            Thread serving = new Thread(signing::run);
            serving.start();
            String file = new GuestFiles(directory).config("web", "memory = 64");
            Process client = new ProcessBuilder(
                            "perl",
                            "-w",
                            "../bin/xlj-client",
                            socket.toString(),
                            jar.toString(),
                            "/",
                            "create",
                            "-p",
                            file)
                    .inheritIO()
                    .start();
            assertEquals(0, client.waitFor());
            assertFalse(signatures.isEmpty());
            for (String signature : signatures) {
                assertNotEquals(ProcessIdentity.ofProc().self(), signature);
                assertEquals(Liveness.DEAD, ProcessIdentity.ofProc().liveness(signature));
            }
            signing.stop();
            serving.join();
        }
    }

    private static XenLibraries spyOn(XenLibraries below, Set<String> signatures) {
        XenStore store = proxy(XenStore.class, below.store(), arguments -> Stream.of(arguments)
                .flatMap(argument -> argument instanceof List<?> all ? all.stream() : Stream.of(argument))
                .map(argument -> argument instanceof StoreRequest.Write write ? write.value() : argument)
                .filter(byte[].class::isInstance)
                .map(bytes -> new String((byte[]) bytes, StandardCharsets.UTF_8))
                .filter(IDENTITY.asMatchPredicate())
                .forEach(signatures::add));
        InvocationHandler libraries = (proxy, method, arguments) ->
                method.getName().equals("store") ? store : method.invoke(below, arguments);
        return (XenLibraries) Proxy.newProxyInstance(
                XenLibraries.class.getClassLoader(), new Class<?>[] {XenLibraries.class}, libraries);
    }

    private static <T> T proxy(Class<T> type, T below, Consumer<Object[]> look) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            look.accept(arguments == null ? new Object[0] : arguments);
            try {
                return method.invoke(below, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static void awaitDeath(String identity) throws InterruptedException {
        for (long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
                ProcessIdentity.ofProc().liveness(identity) != Liveness.DEAD;
                Thread.sleep(5)) {
            assertTrue(System.nanoTime() < limit, identity + " is not dead");
        }
    }
}
