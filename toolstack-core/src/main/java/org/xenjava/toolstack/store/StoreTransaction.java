// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * Reads and writes in one transaction, or in none. Obtained from {@link StoreClient}.
 *
 * <p>Within a transaction, what changes nodes is collected, and sent in one go with the next read or before the commit;
 * a refusal is thrown then, and names the node. Outside of one, every request is sent at once. A transaction is one
 * thread's.
 */
public final class StoreTransaction {
    private static final Pattern KEPT = Pattern.compile("/tool|/local|/local/domain(/\\d+)?");

    /** Limit of a plausible amount of memory: 64 times the 16 TiB that Xen supports. */
    private static final long MOST_KIB = 1L << 40;

    private final XenStore store;
    private final int id;
    private final List<StoreRequest> unsent = new ArrayList<>();

    StoreTransaction(XenStore store, int id) {
        this.store = store;
        this.id = id;
    }

    /** The node's value; empty if there is no such node. */
    public Optional<String> read(String path) {
        return readAll(List.of(path)).get(0);
    }

    /** The nodes' values, each empty if there is no such node. All are asked for in one go. */
    public List<Optional<String>> readAll(List<String> paths) {
        List<StoreRequest> reads =
                paths.stream().<StoreRequest>map(StoreRequest.Read::new).toList();
        return send(reads).stream()
                .map(answer -> answer instanceof StoreAnswer.Value value
                        ? Optional.of(new String(value.bytes(), StandardCharsets.UTF_8))
                        : Optional.<String>empty())
                .toList();
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

    /**
     * Reads an amount of memory as {@link #readKib} does, but returns empty for an implausible number. For readings
     * that must not fail.
     */
    public Optional<KiB> readPlausibleKib(String path) {
        return read(path).flatMap(StoreTransaction::plausibleKib);
    }

    /** A node's value as an amount of memory; empty if it is none. */
    public static Optional<KiB> plausibleKib(String value) {
        return number(value).filter(StoreTransaction::isPlausible).map(KiB::of);
    }

    private static boolean isPlausible(long kib) {
        return kib >= 0 && kib <= MOST_KIB;
    }

    /** The names of the children; empty if there is no such node. */
    public List<String> list(String path) {
        return listAll(List.of(path)).get(0);
    }

    /** Names of the children of each node, empty if there is no such node. All are asked for in one go. */
    public List<List<String>> listAll(List<String> paths) {
        return directories(paths).stream()
                .map(answer -> answer instanceof StoreAnswer.Names names ? names.names() : List.<String>of())
                .toList();
    }

    private List<StoreAnswer> directories(List<String> paths) {
        return send(
                paths.stream().<StoreRequest>map(StoreRequest.Directory::new).toList());
    }

    public boolean exists(String path) {
        return read(path).isPresent();
    }

    /** Writes a value, creating the node if needed; a new node has its parent's permissions. */
    public void write(String path, String value) {
        change(new StoreRequest.Write(path, value.getBytes(StandardCharsets.UTF_8)));
    }

    /** Writes a value and sets its permissions. */
    public void write(String path, String value, List<XenStorePermission> permissions) {
        change(
                new StoreRequest.Write(path, value.getBytes(StandardCharsets.UTF_8)),
                new StoreRequest.SetPermissions(path, permissions));
    }

    /** Sets the permissions of a node. */
    public void setPermissions(String path, List<XenStorePermission> permissions) {
        change(new StoreRequest.SetPermissions(path, permissions));
    }

    /** Removes a node and all nodes below it. Does nothing if there is none. */
    public void remove(String path) {
        change(new StoreRequest.Rm(path));
    }

    private void change(StoreRequest... requests) {
        if (id == XenStore.NO_TRANSACTION) {
            perform(List.of(requests));
        } else {
            unsent.addAll(List.of(requests));
        }
    }

    /** Sends what was collected. */
    void flush() {
        send(List.of());
    }

    /** Sends what was collected and some reads in one go; returns the answers to the reads. */
    private List<StoreAnswer> send(List<StoreRequest> reads) {
        if (unsent.isEmpty()) {
            return perform(reads);
        }
        int changes = unsent.size();
        unsent.addAll(reads);
        List<StoreRequest> requests = List.copyOf(unsent);
        unsent.clear();
        return perform(requests).subList(changes, requests.size());
    }

    private List<StoreAnswer> perform(List<StoreRequest> requests) {
        if (requests.isEmpty()) {
            return List.of();
        }
        List<StoreAnswer> answers = exchange(requests);
        for (int i = 0; i < answers.size(); i++) {
            if (answers.get(i) instanceof StoreAnswer.Refused refused) {
                check(requests.get(i), refused.failure());
            }
        }
        return answers;
    }

    private List<StoreAnswer> exchange(List<StoreRequest> requests) {
        StoreRequest first = requests.get(0);
        if (requests.size() == 1) {
            return List.of(first.perform(store, id));
        }
        try {
            return store.pipeline(id, requests);
        } catch (XenLibException e) {
            // The connection is lost: there is no answer to any of them.
            throw failure("send " + requests.size() + " requests, the first on", first.path(), e);
        }
    }

    /** A node that is not there has no value, no children, and need not be removed. */
    private static void check(StoreRequest request, XenLibException refusal) {
        boolean absent = refusal.errno().equals(Errno.ENOENT);
        if (request instanceof StoreRequest.Read) {
            require(absent, "read", request, refusal);
        } else if (request instanceof StoreRequest.Directory) {
            require(absent, "list", request, refusal);
        } else if (request instanceof StoreRequest.Rm) {
            require(absent, "remove", request, refusal);
        } else if (request instanceof StoreRequest.SetPermissions) {
            require(false, "set the permissions of", request, refusal);
        } else {
            require(false, "write", request, refusal);
        }
    }

    private static void require(boolean harmless, String verb, StoreRequest request, XenLibException refusal) {
        if (!harmless) {
            throw failure(verb, request.path(), refusal);
        }
    }

    /** Removes a node and all nodes below it, then each parent that is left empty, except xenstored's own nodes. */
    public void removeWithEmptyParents(String path) {
        removeAllWithEmptyParents(List.of(path));
    }

    /** Removes several nodes as {@link #removeWithEmptyParents} does, and waits once for all their parents. */
    public void removeAllWithEmptyParents(List<String> paths) {
        paths.forEach(this::remove);
        removeEmptyParents(paths);
    }

    /** Removes the parents of nodes that are gone already, if they are empty and not xenstored's own. */
    public void removeEmptyParents(List<String> paths) {
        List<String> parents = paths.stream()
                .flatMap(StoreTransaction::parents)
                .distinct()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        List<StoreAnswer> answers = directories(parents);
        Set<String> empty = new LinkedHashSet<>();
        for (int i = 0; i < answers.size(); i++) {
            String path = parents.get(i);
            if (answers.get(i) instanceof StoreAnswer.Names children
                    && children.names().stream().allMatch(name -> empty.contains(path + "/" + name))) {
                empty.add(path);
            }
        }
        // Each with the empty ones below it.
        empty.stream().filter(path -> !empty.contains(parent(path))).forEach(this::remove);
    }

    private static Stream<String> parents(String path) {
        return Stream.iterate(
                parent(path),
                parent -> !parent.isEmpty() && !KEPT.matcher(parent).matches(),
                StoreTransaction::parent);
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
            return " (check that xenstored runs)";
        }
        return "";
    }
}
