// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/** {@code libxenstore}, for systems whose xenstored runs in a domain of its own and has no socket. */
final class JnaXenStore implements XenStore {
    private static final byte COMMIT = 0;
    private static final byte ABORT = 1;

    /**
     * How long a lost connection or the end of a wait may go unnoticed: the library closes a lost connection without a sign
     * on {@code xs_fileno}.
     */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final Waiter waiter;
    private final Handle handle;
    private final AtomicBoolean waitEnded = new AtomicBoolean();

    private JnaXenStore(long address, Waiter waiter) {
        this.waiter = waiter;
        handle = new Handle("libxenstore", address, waiter::stop, h -> {
            LibXenStore.xs_close(h);
            waiter.close();
        });
    }

    /** Opens {@code /dev/xen/xenbus}, which opens even where nobody will ever answer. */
    static JnaXenStore open() {
        SharedLibrary.XENSTORE.load();
        Waiter waiter = new Waiter();
        long address = LibXenStore.xs_open(0);
        if (address == 0) {
            Errno errno = Result.lastErrno();
            waiter.close();
            throw OpenFailure.ofXenStore(errno);
        }
        return new JnaXenStore(address, waiter);
    }

    @Override
    public byte[] read(int transaction, String path) {
        byte[] cPath = cString("xs_read", path);
        return handle.use(h -> {
            int[] length = new int[1];
            long value = Result.notNull("xs_read", LibXenStore.xs_read(h, transaction, cPath, length));
            try {
                return new Pointer(value).getByteArray(0, length[0]);
            } finally {
                LibC.free(value);
            }
        });
    }

    @Override
    public void write(int transaction, String path, byte[] value) {
        byte[] cPath = cString("xs_write", path);
        handle.useFor(h -> Result.isTrue("xs_write", LibXenStore.xs_write(h, transaction, cPath, value, value.length)));
    }

    @Override
    public void mkdir(int transaction, String path) {
        byte[] cPath = cString("xs_mkdir", path);
        handle.useFor(h -> Result.isTrue("xs_mkdir", LibXenStore.xs_mkdir(h, transaction, cPath)));
    }

    @Override
    public void rm(int transaction, String path) {
        byte[] cPath = cString("xs_rm", path);
        handle.useFor(h -> Result.isTrue("xs_rm", LibXenStore.xs_rm(h, transaction, cPath)));
    }

    @Override
    public List<String> directory(int transaction, String path) {
        byte[] cPath = cString("xs_directory", path);
        return handle.use(h -> {
            int[] count = new int[1];
            long names = Result.notNull("xs_directory", LibXenStore.xs_directory(h, transaction, cPath, count));
            try {
                return strings(names, count[0]);
            } finally {
                LibC.free(names);
            }
        });
    }

    @Override
    public List<XenStorePermission> getPermissions(int transaction, String path) {
        byte[] cPath = cString("xs_get_permissions", path);
        return handle.use(h -> {
            int[] count = new int[1];
            long list =
                    Result.notNull("xs_get_permissions", LibXenStore.xs_get_permissions(h, transaction, cPath, count));
            try {
                int[] words = new Pointer(list).getIntArray(0, 2 * count[0]);
                List<XenStorePermission> permissions = new ArrayList<>();
                for (int i = 0; i < words.length; i += 2) {
                    permissions.add(new XenStorePermission(words[i], words[i + 1]));
                }
                return List.copyOf(permissions);
            } finally {
                LibC.free(list);
            }
        });
    }

    @Override
    public void setPermissions(int transaction, String path, List<XenStorePermission> permissions) {
        byte[] cPath = cString("xs_set_permissions", path);
        // struct xs_permissions { unsigned int id; unsigned int perms; }
        int[] words = permissions.stream()
                .flatMapToInt(p -> IntStream.of(p.domid(), p.access()))
                .toArray();
        handle.useFor(h -> Result.isTrue(
                "xs_set_permissions",
                LibXenStore.xs_set_permissions(h, transaction, cPath, words, permissions.size())));
    }

    @Override
    public int transactionStart() {
        return handle.useForInt(h -> (int) Result.notNull("xs_transaction_start", LibXenStore.xs_transaction_start(h)));
    }

    @Override
    public void transactionCommit(int transaction) {
        endTransaction(transaction, COMMIT);
    }

    @Override
    public void transactionAbort(int transaction) {
        endTransaction(transaction, ABORT);
    }

    private void endTransaction(int transaction, byte abort) {
        handle.useFor(h -> Result.isTrue("xs_transaction_end", LibXenStore.xs_transaction_end(h, transaction, abort)));
    }

    @Override
    public void watch(String path, String token) {
        byte[] cPath = cString("xs_watch", path);
        byte[] cToken = cString("xs_watch", token);
        handle.useFor(h -> Result.isTrue("xs_watch", LibXenStore.xs_watch(h, cPath, cToken)));
    }

    @Override
    public void unwatch(String path, String token) {
        byte[] cPath = cString("xs_unwatch", path);
        byte[] cToken = cString("xs_unwatch", token);
        handle.useFor(h -> Result.isTrue("xs_unwatch", LibXenStore.xs_unwatch(h, cPath, cToken)));
    }

    @Override
    public Optional<XenStoreWatchEvent> readWatch(Duration timeout) {
        return handle.use(h -> {
            long start = System.nanoTime();
            while (true) {
                Optional<XenStoreWatchEvent> event = checkWatch(h);
                Duration left = timeout.minusNanos(System.nanoTime() - start);
                if (event.isPresent()
                        || left.isNegative()
                        || Thread.currentThread().isInterrupted()) {
                    return event;
                }
                // Even when it is readable, another thread may take the event: so round again in any case.
                Duration turn = left.compareTo(LOOK_AGAIN) < 0 ? left : LOOK_AGAIN;
                if (waiter.await(LibXenStore.xs_fileno(h), turn) == Waiter.Outcome.STOPPED) {
                    throw new IllegalStateException("libxenstore was closed while this call waited");
                }
            }
        });
    }

    private boolean isWaitEnded() {
        return waitEnded.getAndSet(false) || Thread.currentThread().isInterrupted();
    }

    @Override
    public void endReadWatch() {
        waitEnded.set(true);
    }

    private static Optional<XenStoreWatchEvent> checkWatch(long handle) {
        while (true) {
            long event = LibXenStore.xs_check_watch(handle);
            if (event != 0) {
                try {
                    List<String> pathAndToken = strings(event, 2);
                    return Optional.of(new XenStoreWatchEvent(pathAndToken.get(0), pathAndToken.get(1)));
                } finally {
                    LibC.free(event);
                }
            }
            Errno errno = Result.lastErrno();
            if (errno.equals(Errno.EAGAIN)) {
                return Optional.empty();
            }
            if (!errno.equals(Errno.EINTR)) {
                // The library's word for a lost connection is EINVAL here; nothing else makes it say so.
                throw new XenLibException("xs_check_watch", errno.equals(Errno.EINVAL) ? Errno.EIO : errno);
            }
        }
    }

    @Override
    public void introduceDomain(int domid, long gfn, int port) {
        handle.useFor(h -> Result.isTrue("xs_introduce_domain", LibXenStore.xs_introduce_domain(h, domid, gfn, port)));
    }

    @Override
    public void releaseDomain(int domid) {
        handle.useFor(h -> Result.isTrue("xs_release_domain", LibXenStore.xs_release_domain(h, domid)));
    }

    @Override
    public void resumeDomain(int domid) {
        handle.useFor(h -> Result.isTrue("xs_resume_domain", LibXenStore.xs_resume_domain(h, domid)));
    }

    @Override
    public boolean isDomainIntroduced(int domid) {
        return handle.use(h -> LibXenStore.xs_is_domain_introduced(h, domid) != 0);
    }

    @Override
    public String getDomainPath(int domid) {
        return handle.use(h -> {
            long path = Result.notNull("xs_get_domain_path", LibXenStore.xs_get_domain_path(h, domid));
            try {
                return new Pointer(path).getString(0, StandardCharsets.UTF_8.name());
            } finally {
                LibC.free(path);
            }
        });
    }

    @Override
    public void close() {
        handle.close();
    }

    /** An array of C strings, as one {@code malloc} holds it. */
    private static List<String> strings(long array, int count) {
        return List.of(new Pointer(array).getStringArray(0, count, StandardCharsets.UTF_8.name()));
    }

    private static byte[] cString(String function, String text) {
        if (text.indexOf('\0') >= 0) {
            // C would see a shorter path, and perhaps a valid one.
            throw new XenLibException(function, Errno.EINVAL);
        }
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(content, content.length + 1);
    }
}
