// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.Mockito;
import org.mockito.invocation.Invocation;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/** Calls every method of the libraries that need no memory with arguments that are all different. */
class SimpleLibrariesTest {
    @TempDir
    Path dir;

    @Test
    void everyDeviceModelCallReachesTheLibraryAndReplays() {
        FakeXen xen = new FakeXen();
        Mockito.when(xen.deviceModel.nrVcpus(Mockito.anyInt())).thenReturn(4);
        Mockito.when(xen.deviceModel.createIoreqServer(Mockito.anyInt(), Mockito.anyInt()))
                .thenReturn(9);
        allCalls(xen, XenDeviceModel.class, XenLibraries::deviceModel, xen.deviceModel);
    }

    @Test
    void everyEventChannelCallReachesTheLibraryAndReplays() {
        FakeXen xen = new FakeXen();
        Mockito.when(xen.eventChannels.bindUnboundPort(Mockito.anyInt())).thenReturn(31);
        Mockito.when(xen.eventChannels.bindInterdomain(Mockito.anyInt(), Mockito.anyInt()))
                .thenReturn(32);
        Mockito.when(xen.eventChannels.bindVirq(Mockito.anyInt())).thenReturn(33);
        Mockito.when(xen.eventChannels.pending()).thenReturn(31);
        allCalls(xen, XenEventChannels.class, XenLibraries::eventChannels, xen.eventChannels);
    }

    @Test
    void everyXenstoreCallReachesTheLibraryAndReplays() {
        FakeXen xen = new FakeXen();
        Mockito.doReturn(new byte[] {'x'}).when(xen.store).read(Mockito.anyInt(), Mockito.anyString());
        Mockito.when(xen.store.directory(Mockito.anyInt(), Mockito.anyString())).thenReturn(List.of("a", "b"));
        Mockito.when(xen.store.getPermissions(Mockito.anyInt(), Mockito.anyString()))
                .thenReturn(List.of(new XenStorePermission(0, 0), new XenStorePermission(5, 1)));
        Mockito.when(xen.store.transactionStart()).thenReturn(77);
        Mockito.when(xen.store.readWatch(Mockito.any())).thenReturn(Optional.of(new XenStoreWatchEvent("/p", "token")));
        Mockito.when(xen.store.isDomainIntroduced(Mockito.anyInt())).thenReturn(true);
        Mockito.when(xen.store.getDomainPath(Mockito.anyInt())).thenReturn("/local/domain/5");
        allCalls(xen, XenStore.class, XenLibraries::store, xen.store);
    }

    @Test
    void everyRequestOfAPipelineIsRecordedAsACallOfItsOwn() {
        List<StoreRequest> requests = List.of(
                new StoreRequest.Read("/a"),
                new StoreRequest.Directory("/a"),
                new StoreRequest.Write("/b", new byte[] {'x'}),
                new StoreRequest.SetPermissions("/b", List.of(new XenStorePermission(5, 1))),
                new StoreRequest.Mkdir("/c"),
                new StoreRequest.Rm("/gone/d"));
        FakeXen xen = new FakeXen();
        Mockito.when(xen.store.pipeline(77, requests))
                .thenReturn(List.of(
                        new StoreAnswer.Value(new byte[] {'v'}),
                        new StoreAnswer.Names(List.of("b")),
                        new StoreAnswer.Done(),
                        new StoreAnswer.Done(),
                        new StoreAnswer.Done(),
                        new StoreAnswer.Refused(new XenLibException("xs_rm", Errno.ENOENT))));
        Path trace = dir.resolve("trace");
        Recordings.record(trace, Contents.HASH, xen, libraries -> requirePipelineAnswers(libraries, requests));
        assertEquals(
                List.of("read", "directory", "write", "setPermissions", "mkdir", "rm"),
                TraceReader.read(trace).records().stream()
                        .map(record -> ((TracedCall) record).method())
                        .toList());
        Recordings.replay(trace, libraries -> requirePipelineAnswers(libraries, requests));
        // One by one they are the same calls.
        Recordings.replay(trace, libraries -> requests.forEach(request -> request.perform(libraries.store(), 77)));
    }

    private static void requirePipelineAnswers(XenLibraries libraries, List<StoreRequest> requests) {
        List<StoreAnswer> answers = libraries.store().pipeline(77, requests);
        assertArrayEquals(new byte[] {'v'}, ((StoreAnswer.Value) answers.get(0)).bytes());
        assertEquals(new StoreAnswer.Names(List.of("b")), answers.get(1));
        assertEquals(new StoreAnswer.Done(), answers.get(2));
        assertEquals(
                "xs_rm: ENOENT",
                ((StoreAnswer.Refused) answers.get(5)).failure().getMessage());
    }

    @Test
    void everyCallToDom0sKernelReachesItAndReplays() {
        FakeXen xen = new FakeXen();
        Mockito.when(xen.hostDevices.file(Mockito.anyString())).thenReturn(new HostFile.BlockDevice(253, 7));
        Mockito.when(xen.hostDevices.freeLoop()).thenReturn(3);
        Mockito.when(xen.hostDevices.loops()).thenReturn(new TreeMap<>(Map.of(3, "/srv/a.img", 12, "/srv/b.img")));
        Mockito.when(xen.hostDevices.linkExists(Mockito.anyString())).thenReturn(true);
        allCalls(xen, HostDevices.class, XenLibraries::hostDevices, xen.hostDevices);
    }

    @Test
    void aReplayRepeatsEveryKindOfFile() {
        List<HostFile> kinds = List.of(
                new HostFile.Absent(),
                new HostFile.Regular(2049, 131_074),
                new HostFile.Other(),
                new HostFile.BlockDevice(7, 0));
        FakeXen xen = new FakeXen();
        Mockito.when(xen.hostDevices.file(Mockito.anyString()))
                .thenReturn(kinds.get(0), kinds.get(1), kinds.get(2), kinds.get(3));
        Path trace = dir.resolve("trace");
        Recordings.record(
                trace,
                Contents.HASH,
                xen,
                libraries -> kinds.forEach(kind -> libraries.hostDevices().file("/x")));
        Recordings.replay(
                trace,
                libraries -> kinds.forEach(
                        kind -> assertEquals(kind, libraries.hostDevices().file("/x"))));
    }

    private <T> void allCalls(FakeXen xen, Class<T> library, Function<XenLibraries, T> of, T mock) {
        Path trace = dir.resolve("trace");
        List<Object> results = new ArrayList<>();
        Recordings.record(
                trace, Contents.HASH, xen, libraries -> results.addAll(invokeAll(library, of.apply(libraries))));

        List<Invocation> reached = List.copyOf(Mockito.mockingDetails(mock).getInvocations());
        List<Method> methods = methods(library);
        assertEquals(methods.size(), reached.size());
        for (int i = 0; i < methods.size(); i++) {
            assertEquals(methods.get(i), reached.get(i).getMethod());
            assertArrayEquals(arguments(methods.get(i)), reached.get(i).getArguments());
        }
        Recordings.replay(
                trace,
                libraries -> assertArrayEquals(
                        results.toArray(),
                        invokeAll(library, of.apply(libraries)).toArray()));
    }

    private static <T> List<Object> invokeAll(Class<T> library, T target) {
        List<Object> results = new ArrayList<>();
        for (Method method : methods(library)) {
            try {
                results.add(Optional.ofNullable(method.invoke(target, arguments(method)))
                        .map(r -> r instanceof byte[] bytes ? Arrays.toString(bytes) : r)
                        .orElse("nothing"));
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new AssertionError(method.getName(), e);
            }
        }
        return results;
    }

    private static List<Method> methods(Class<?> library) {
        return Arrays.stream(library.getDeclaredMethods())
                .filter(method -> !method.isDefault() && !method.isSynthetic())
                .sorted(Comparator.comparing(Method::getName))
                .toList();
    }

    private static Object[] arguments(Method method) {
        Class<?>[] types = method.getParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = argument(types[i], i);
        }
        return arguments;
    }

    private static Object argument(Class<?> type, int i) {
        if (type == int.class) {
            return 100 + i;
        }
        if (type == long.class) {
            return (1L << 40) + i;
        }
        if (type == String.class) {
            return "/text/" + i;
        }
        if (type == byte[].class) {
            return new byte[] {'v', 'a', 'l'};
        }
        if (type == List.class) {
            return List.of(new XenStorePermission(1, 0), new XenStorePermission(2, 3));
        }
        if (type == Duration.class) {
            return Duration.ofMillis(250);
        }
        if (type == LoopAccess.class) {
            return LoopAccess.READ_ONLY;
        }
        throw new AssertionError("no argument of " + type);
    }
}
