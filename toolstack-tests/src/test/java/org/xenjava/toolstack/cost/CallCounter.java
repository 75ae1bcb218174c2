// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cost;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Counts the hypercalls and the requests to xenstored that go through Xen's libraries. */
final class CallCounter {
    private final AtomicLong hypercalls = new AtomicLong();
    private final AtomicLong storeRequests = new AtomicLong();
    private final AtomicLong storeRoundTrips = new AtomicLong();
    private final XenLibraries libraries;

    CallCounter(XenLibraries below) {
        XenCall call = proxy(XenCall.class, (method, arguments) -> {
            if (method.getName().equals("call")) {
                hypercalls.incrementAndGet();
            }
            return pass(below.call(), method, arguments);
        });
        XenStore store = proxy(XenStore.class, (method, arguments) -> {
            // Waiting for a watch asks nothing.
            if (method.getName().equals("pipeline") || method.getName().equals("watchAll")) {
                storeRequests.addAndGet(((List<?>) arguments[arguments.length - 1]).size());
                storeRoundTrips.incrementAndGet();
            } else if (!method.getName().equals("readWatch")
                    && !method.getName().equals("close")) {
                storeRequests.incrementAndGet();
                storeRoundTrips.incrementAndGet();
            }
            return pass(below.store(), method, arguments);
        });
        libraries = proxy(XenLibraries.class, (method, arguments) -> switch (method.getName()) {
            case "call" -> call;
            case "store" -> store;
            default -> pass(below, method, arguments);
        });
    }

    private interface Handler {
        Object handle(Method method, Object[] arguments) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> handler.handle(method, arguments)));
    }

    private static Object pass(Object below, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(below, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** The libraries to use. */
    XenLibraries libraries() {
        return libraries;
    }

    long hypercalls() {
        return hypercalls.get();
    }

    long storeRequests() {
        return storeRequests.get();
    }

    /** Requests to xenstored that are sent in one go count once. */
    long storeRoundTrips() {
        return storeRoundTrips.get();
    }
}
