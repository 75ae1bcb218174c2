// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Reads and writes in one transaction, or in none. Obtained from {@link StoreClient}. */
public final class StoreTransaction {
    private static final Pattern KEPT = Pattern.compile("/tool|/local|/local/domain(/\\d+)?");

    /** 16 TiB of guest memory is the most that Xen supports; this is 64 times as much. */
    private static final long MOST_KIB = 1L << 40;

    private final XenStore store;
    private final int id;

    StoreTransaction(XenStore store, int id) {
        this.store = store;
        this.id = id;
    }

    /** The node's value; empty if there is no such node. */
    public Optional<String> read(String path) {
        return orAbsent("read", path, () -> new String(store.read(id, path), StandardCharsets.UTF_8));
    }

    /** The node's value as a decimal number; empty if there is no such node or it holds no number. */
    public Optional<Long> readLong(String path) {
        return read(path).flatMap(StoreTransaction::number);
    }

    /**
     * The node's value as an amount of memory; empty if there is no such node or it holds no number.
     *
     * @throws DomainStateException if the number is negative, or larger than the memory of any machine
     */
    public Optional<KiB> readKib(String path) {
        return readLong(path).map(kib -> {
            if (!isPlausible(kib)) {
                throw new DomainStateException(
                        path + " holds " + kib + ", which is no amount of memory in KiB: correct it in xenstore");
            }
            return KiB.of(kib);
        });
    }

    /** As {@link #readKib}, but empty if the number is no amount of memory. For readings that must go on. */
    public Optional<KiB> readPlausibleKib(String path) {
        return readLong(path).filter(StoreTransaction::isPlausible).map(KiB::of);
    }

    private static boolean isPlausible(long kib) {
        return kib >= 0 && kib <= MOST_KIB;
    }

    /** Names of the children; empty if there is no such node. */
    public List<String> list(String path) {
        return orAbsent("list", path, () -> store.directory(id, path)).orElse(List.of());
    }

    public boolean exists(String path) {
        return read(path).isPresent();
    }

    /** Writes a value, creating the node if needed; a new node has its parent's permissions. */
    public void write(String path, String value) {
        attempt("write", path, () -> {
            store.write(id, path, value.getBytes(StandardCharsets.UTF_8));
            return path;
        });
    }

    /** Writes a value and sets who may read and write it. */
    public void write(String path, String value, List<XenStorePermission> permissions) {
        write(path, value);
        attempt("set the permissions of", path, () -> {
            store.setPermissions(id, path, permissions);
            return path;
        });
    }

    /** Removes a node and all below it; nothing happens if there is none. */
    public void remove(String path) {
        orAbsent("remove", path, () -> {
            store.rm(id, path);
            return path;
        });
    }

    /** Removes a node and all below it, then each parent that is left empty, short of what xenstored itself made. */
    public void removeWithEmptyParents(String path) {
        remove(path);
        String parent = parent(path);
        while (!parent.isEmpty()
                && !KEPT.matcher(parent).matches()
                && list(parent).isEmpty()) {
            remove(parent);
            parent = parent(parent);
        }
    }

    private static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    private static Optional<Long> number(String text) {
        try {
            return Optional.of(Long.parseLong(text.strip()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private interface Request<T> {
        T run();
    }

    private <T> Optional<T> orAbsent(String verb, String path, Request<T> request) {
        try {
            return Optional.of(request.run());
        } catch (XenLibException e) {
            if (e.errno().equals(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw failure(verb, path, e);
        }
    }

    private <T> T attempt(String verb, String path, Request<T> request) {
        try {
            return request.run();
        } catch (XenLibException e) {
            throw failure(verb, path, e);
        }
    }

    private static XenStoreException failure(String verb, String path, XenLibException e) {
        return new XenStoreException("xenstore: cannot " + verb + " " + path + ": " + e.errno() + advice(e.errno()), e);
    }

    static String advice(Errno errno) {
        if (errno.equals(Errno.EACCES)) {
            return " (run as root in the control domain)";
        }
        if (errno.equals(Errno.ENOSPC)) {
            return " (a xenstored quota is used up)";
        }
        if (errno.equals(Errno.EIO) || errno.equals(Errno.EPIPE) || errno.equals(Errno.EBADF)) {
            return " (is xenstored running?)";
        }
        return "";
    }
}
