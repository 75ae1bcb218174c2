// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A library that is opened when it is first asked for, so that one that is missing hurts only those who need it. */
final class OnDemand<T> implements AutoCloseable {
    private final Supplier<T> opener;
    private final Consumer<T> closer;
    private @Nullable T opened;
    private boolean closed;

    OnDemand(Supplier<T> opener, Consumer<T> closer) {
        this.opener = opener;
        this.closer = closer;
    }

    /** The library, open; a failed attempt is repeated the next time. */
    synchronized T get() {
        if (closed) {
            throw new IllegalStateException("Xen's libraries are closed");
        }
        T library = opened;
        if (library == null) {
            library = opener.get();
            opened = library;
        }
        return library;
    }

    @Override
    public synchronized void close() {
        closed = true;
        T library = opened;
        if (library != null) {
            opened = null;
            closer.accept(library);
        }
    }
}
