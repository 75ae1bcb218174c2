// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    private static final Pattern IDENTITY = Pattern.compile("pid:\\[\\d+\\] \\d+ \\d+.*");

    /** A record that a command signs: {@code /tool/xenjava/KIND} or a node of a domain. */
    private static final Pattern KIND = Pattern.compile("/tool/xenjava/([a-z-]+).*|/libxl/\\d+/xenjava/([a-z-]+).*");

    /** Commands that make each kind of record. Those that save, or do not end by themselves, are not served. */
    private List<List<String>> commands() {
        GuestFiles files = new GuestFiles(directory);
        String hvm = files.write(
                        "hvm.cfg",
                        "name='hvm'\ntype='hvm'\nmemory=64\nvga='none'\nusbctrl=['version=1']\n"
                                .getBytes(StandardCharsets.UTF_8))
                .toString();
        return List.of(
                List.of("create", "-p", files.config("web", "memory = 64")),
                List.of("create", "-p", hvm),
                List.of("pci-assignable-add", "00:08.0"),
                List.of("usbdev-attach", "hvm", "hostbus=1", "hostaddr=2"),
                List.of("destroy", "hvm"));
    }

    @Test
    void whatCommandsHoldIsSignedByTheirThreadsAndVoidAfterTheirEnd() throws Exception {
        Path socket = directory.resolve("run/serve.sock");
        Map<String, Set<String>> signatures = new ConcurrentHashMap<>();
        SimulatedXen machine = SimulatedXen.builder()
                .iommu()
                .pciDevice("0000:00:08.0", "")
                .usbDevice("1-1", 1, 2, "usb-storage")
                .build();
        Prompt spied = new Prompt(options ->
                options.tap(libraries -> spyOn(libraries, signatures)).open(machine.host()));
        Path jar = Files.writeString(directory.resolve("xlj.jar"), "a jar");
        try (ServeSocket listening = ServeSocket.open(socket)) {
            CommandServer signing =
                    new CommandServer(listening, ServedJar.of(jar, List.of()), spied.session(), Prompt::run);
            Thread serving = new Thread(signing::run);
            serving.start();
            for (List<String> command : commands()) {
                List<String> client = new ArrayList<>(
                        List.of("perl", "-w", "../bin/xlj-client", socket.toString(), jar.toString(), "/"));
                client.addAll(command);
                int status = new ProcessBuilder(client).inheritIO().start().waitFor();
                assertEquals(0, status, command.toString());
            }
            signing.stop();
            serving.join();
        }
        assertEquals(Set.of("builds", "pci", "removals", "usb"), signatures.keySet());
        signatures.forEach((kind, all) -> all.forEach(signature -> {
            assertNotEquals(ProcessIdentity.ofProc().self(), signature, kind);
            assertEquals(Liveness.DEAD, ProcessIdentity.ofProc().liveness(signature), kind);
        }));
    }

    private static XenLibraries spyOn(XenLibraries below, Map<String, Set<String>> signatures) {
        XenStore store = proxy(XenStore.class, below.store(), arguments -> {
            for (Object argument : arguments) {
                if (argument instanceof List<?> all) {
                    all.stream()
                            .filter(StoreRequest.Write.class::isInstance)
                            .map(StoreRequest.Write.class::cast)
                            .forEach(write -> look(write.path(), write.value(), signatures));
                } else if (argument instanceof byte[] value) {
                    look((String) arguments[1], value, signatures);
                }
            }
        });
        InvocationHandler libraries = (proxy, method, arguments) ->
                method.getName().equals("store") ? store : method.invoke(below, arguments);
        return (XenLibraries) Proxy.newProxyInstance(
                XenLibraries.class.getClassLoader(), new Class<?>[] {XenLibraries.class}, libraries);
    }

    private static void look(String path, byte[] value, Map<String, Set<String>> signatures) {
        String text = new String(value, StandardCharsets.UTF_8);
        Matcher kind = KIND.matcher(path);
        if (IDENTITY.matcher(text).matches()) {
            String name = kind.matches() ? String.valueOf(kind.group(1) == null ? kind.group(2) : kind.group(1)) : path;
            signatures
                    .computeIfAbsent(name, any -> ConcurrentHashMap.newKeySet())
                    .add(text);
        }
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
