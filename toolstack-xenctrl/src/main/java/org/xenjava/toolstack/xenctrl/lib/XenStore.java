// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One connection to xenstored, with the functions of libxenstore. Safe to use from many threads; watches are the
 * connection's, so one thread should read them. Paths are absolute or relative to {@code /local/domain/0}.
 * Failures: ENOENT (no such node), EACCES, EINVAL (malformed path), E2BIG (more than 4096 bytes), ENOSPC (quota),
 * EAGAIN (transaction conflict), EPIPE (xenstored cannot be reached, or the connection was lost and the transaction
 * with it), EIO or EBADF (the same through libxenstore, which does not connect again).
 */
public interface XenStore extends AutoCloseable {
    /** The id that stands for "no transaction" ({@code XBT_NULL}). */
    int NO_TRANSACTION = 0;

    /**
     * {@code xs_read}.
     *
     * @param transaction the transaction, or 0 for none
     * @param path the path of the node
     * @return the value
     */
    byte[] read(int transaction, String path);

    /**
     * {@code xs_write}: creates the node and its parents if needed.
     *
     * @param transaction the transaction, or 0 for none
     * @param path the path of the node
     * @param value the new value
     */
    void write(int transaction, String path, byte[] value);

    /**
     * {@code xs_mkdir}: an existing node is left as it is.
     *
     * @param transaction the transaction, or 0 for none
     * @param path the path of the node
     */
    void mkdir(int transaction, String path);

    /**
     * {@code xs_rm}: removes a node and all below it; a missing node is ENOENT, unless its parent exists.
     *
     * @param transaction the transaction, or 0 for none
     * @param path the path of the node
     */
    void rm(int transaction, String path);

    /**
     * {@code xs_directory}: the names (not paths) of the children.
     *
     * @param transaction the transaction, or 0 for none
     * @param path the path of the node
     * @return the names of the children
     */
    List<String> directory(int transaction, String path);

    /**
     * {@code xs_get_permissions}.
     *
     * @param transaction the transaction, or 0 for none
     * @param path the path of the node
     * @return the permissions, the owner first
     */
    List<XenStorePermission> getPermissions(int transaction, String path);

    /**
     * {@code xs_set_permissions}.
     *
     * @param transaction the transaction, or 0 for none
     * @param path the path of the node
     * @param permissions the permissions, the owner first
     */
    void setPermissions(int transaction, String path, List<XenStorePermission> permissions);

    /**
     * Makes several requests, in this order, without waiting for each answer where the connection can do so. Every
     * request is carried out, whether or not one before it was refused; within a transaction the caller aborts.
     *
     * @param transaction the transaction, or 0 for none
     * @param requests the requests
     * @return the answer to each request, in the same order
     */
    default List<StoreAnswer> pipeline(int transaction, List<StoreRequest> requests) {
        return requests.stream()
                .map(request -> request.perform(this, transaction))
                .toList();
    }

    /**
     * {@code xs_transaction_start}: the new transaction's id, never 0.
     *
     * @return the id of the transaction
     */
    int transactionStart();

    /**
     * {@code xs_transaction_end} without abort.
     *
     * @param transaction the transaction, or 0 for none
     * @throws XenLibException EAGAIN if another change came between: start again
     */
    void transactionCommit(int transaction);

    /**
     * {@code xs_transaction_end} with abort.
     *
     * @param transaction the transaction, or 0 for none
     */
    void transactionAbort(int transaction);

    /**
     * {@code xs_watch}: fires once at once, then at every change at or below the path.
     *
     * @param path the path of the node
     * @param token the token of the watch
     */
    void watch(String path, String token);

    /**
     * Sets several watches, without waiting for each answer where the connection can do so. Every watch is set, whether
     * or not one before it was refused.
     *
     * @param watches path and token of each watch
     * @return the answer for each watch, in the same order: done or refused
     */
    default List<StoreAnswer> watchAll(List<XenStoreWatchEvent> watches) {
        return watches.stream()
                .<StoreAnswer>map(watch -> {
                    try {
                        watch(watch.path(), watch.token());
                        return new StoreAnswer.Done();
                    } catch (XenLibException e) {
                        return new StoreAnswer.Refused(e);
                    }
                })
                .toList();
    }

    /**
     * {@code xs_unwatch}.
     *
     * @param path the path of the node
     * @param token the token of the watch
     */
    void unwatch(String path, String token);

    /**
     * Waits for a watch to fire ({@code xs_check_watch}). While xenstored cannot be reached, no watch fires; a
     * connection that reconnects registers its watches again, so that each fires once more.
     *
     * @param timeout how long to wait at most
     * @return the event; empty if none came in time, or if the thread was interrupted, whose interrupt status stays set
     */
    Optional<XenStoreWatchEvent> readWatch(Duration timeout);

    /**
     * Lets {@link #readWatch} return empty at once: the wait that is under way, or else the next one. An interrupt would
     * do so too, but it may end a file or socket that the waiting thread uses elsewhere. A connection that cannot do this
     * returns at the timeout.
     */
    default void endReadWatch() {}

    /**
     * {@code xs_introduce_domain}: tells xenstored of a domain with its ring page's gfn and the guest's port.
     *
     * @param domid the domain's number
     * @param gfn the guest frame number
     * @param port the port of an event channel
     */
    void introduceDomain(int domid, long gfn, int port);

    /**
     * {@code xs_release_domain}.
     *
     * @param domid the domain's number
     */
    void releaseDomain(int domid);

    /**
     * {@code xs_resume_domain}: forgets that the domain has shut down, so that its next shutdown fires {@code
     * @releaseDomain} again.
     *
     * @param domid the domain's number
     */
    void resumeDomain(int domid);

    /**
     * {@code xs_is_domain_introduced}.
     *
     * @param domid the domain's number
     * @return whether xenstored knows the domain
     */
    boolean isDomainIntroduced(int domid);

    /**
     * {@code xs_get_domain_path}: {@code /local/domain/N}.
     *
     * @param domid the domain's number
     * @return the path
     */
    String getDomainPath(int domid);

    @Override
    void close();
}
