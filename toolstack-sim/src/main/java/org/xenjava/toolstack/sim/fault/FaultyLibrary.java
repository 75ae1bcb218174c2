// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** One of Xen's libraries with every method through a {@link FaultInjection}. */
final class FaultyLibrary implements InvocationHandler {
    private static final Pattern CAPITAL = Pattern.compile("[A-Z]");

    /** C functions whose names do not follow from the Java ones. */
    private static final Map<String, String> IRREGULAR = Map.of(
            "transactionCommit", "transaction_end",
            "transactionAbort", "transaction_end",
            "readWatch", "check_watch",
            "mapIoRange", "map_io_range_to_ioreq_server",
            "unmapIoRange", "unmap_io_range_from_ioreq_server",
            "pinMemoryCacheAttribute", "pin_memory_cacheattr");

    /** Methods that reach nothing outside of the process. */
    private static final Set<String> NO_CALLS = Set.of("close", "endReadWatch");

    private final String prefix;
    private final Object below;
    private final FaultInjection faults;

    private FaultyLibrary(String prefix, Object below, FaultInjection faults) {
        this.prefix = prefix;
        this.below = below;
        this.faults = faults;
    }

    /**
     * Wraps a library.
     *
     * @param library the interface
     * @param prefix prefix of its C functions
     * @param below the library that makes the calls
     */
    static <T> T of(Class<T> library, String prefix, T below, FaultInjection faults) {
        return library.cast(Proxy.newProxyInstance(
                library.getClassLoader(), new Class<?>[] {library}, new FaultyLibrary(prefix, below, faults)));
    }

    @Override
    @SuppressWarnings("unchecked")
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args) throws Throwable {
        if (method.getDeclaringClass() == Object.class || NO_CALLS.contains(method.getName())) {
            return pass(method, args);
        }
        if (proxy instanceof XenStore store && args != null && method.getName().equals("pipeline")) {
            // Each request is a call of its own, at which a fault can be injected.
            return ((List<StoreRequest>) args[1])
                    .stream()
                            .map(request -> request.perform(store, (int) args[0]))
                            .toList();
        }
        // Paths are the only strings among the arguments, but for a watch's token after its path.
        Optional<String> path = Stream.ofNullable(args)
                .flatMap(Stream::of)
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .findFirst();
        FaultSite call = FaultSite.of(method.getName(), functionOf(method.getName()), path);
        return faults.<@Nullable Object>cross(call, () -> pass(method, args));
    }

    private String functionOf(String method) {
        String regular = CAPITAL.matcher(method)
                .replaceAll(letter -> "_" + letter.group().toLowerCase(Locale.ROOT));
        return prefix + IRREGULAR.getOrDefault(method, regular);
    }

    private @Nullable Object pass(Method method, Object @Nullable [] args) {
        try {
            return method.invoke(below, args);
        } catch (InvocationTargetException e) {
            // The interfaces declare no checked exceptions.
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        } catch (IllegalAccessException e) {
            throw new LinkageError("an interface's method is public", e);
        }
    }
}
