// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.StoreRequest;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/**
 * xenstored over its wire protocol. Requests of many threads share one connection and do not wait for each other.
 *
 * <p>When the connection is lost, requests outside transactions wait for a new one, within the {@link ReconnectPolicy},
 * and are made again; each has the same effect twice as once. Requests of an open transaction fail with EPIPE, since
 * the transaction is lost, and so do {@code introduceDomain} and {@code releaseDomain} once sent. Watches are
 * registered again with the new connection.
 */
public final class WireXenStore implements XenStore {
    private static final Logger LOG = LoggerFactory.getLogger(WireXenStore.class);

    /** A request that meets a loss so often may be its cause. */
    private static final int MOST_ATTEMPTS = 3;

    private final WireLink link;
    private final Map<Integer, OpenTransaction> transactions = new ConcurrentHashMap<>();
    private final AtomicInteger lastTransaction = new AtomicInteger();

    /** A transaction with its number on the wire, which another connection may give to another one. */
    private record OpenTransaction(WireSession session, int wireNumber) {}

    private WireXenStore(WireLink link) {
        this.link = link;
    }

    /**
     * Connects to xenstored.
     *
     * @param connector opens connections
     * @param name of the other end, for the log
     * @param policy how long requests wait while there is no connection
     * @return the connection
     * @throws XenLibException {@code xs_open}, if xenstored cannot be reached
     */
    public static XenStore open(WireTransport.Connector connector, String name, ReconnectPolicy policy) {
        return new WireXenStore(new WireLink(connector, name, policy));
    }

    @Override
    public byte[] read(int transaction, String path) {
        WireRequest request = WireRequest.of(WireOp.READ, path);
        return request.check(exchange(transaction, request)).payload();
    }

    @Override
    public void write(int transaction, String path, byte[] value) {
        perform(transaction, WireRequest.write(path, value));
    }

    @Override
    public void mkdir(int transaction, String path) {
        perform(transaction, WireRequest.of(WireOp.MKDIR, path));
    }

    @Override
    public void rm(int transaction, String path) {
        perform(transaction, WireRequest.of(WireOp.RM, path));
    }

    @Override
    public List<String> directory(int transaction, String path) {
        WireRequest request = WireRequest.of(WireOp.DIRECTORY, path);
        return names(transaction, path, request, exchange(transaction, request));
    }

    /** The names in an answer; if they are too many for one message, asks for them part by part. */
    private List<String> names(int transaction, String path, WireRequest request, WireMessage answer) {
        try {
            return request.check(answer).strings();
        } catch (XenLibException e) {
            if (!e.errno().equals(Errno.E2BIG)) {
                throw e;
            }
            return new PartialDirectory(path, part -> exchange(transaction, part)).names();
        }
    }

    @Override
    public List<XenStorePermission> getPermissions(int transaction, String path) {
        WireRequest request = WireRequest.of(WireOp.GET_PERMISSIONS, path);
        return request.permissions(exchange(transaction, request));
    }

    @Override
    public void setPermissions(int transaction, String path, List<XenStorePermission> permissions) {
        perform(transaction, WireRequest.setPermissions(path, permissions));
    }

    @Override
    public List<StoreAnswer> pipeline(int transaction, List<StoreRequest> requests) {
        StoreAnswer[] answers = new StoreAnswer[requests.size()];
        List<Integer> sendable = new ArrayList<>();
        List<WireRequest> wire = new ArrayList<>();
        for (int i = 0; i < answers.length; i++) {
            try {
                wire.add(WireRequest.of(requests.get(i)));
                sendable.add(i);
            } catch (XenLibException e) {
                answers[i] = new StoreAnswer.Refused(e);
            }
        }
        List<Optional<WireMessage>> messages = exchangeAll(transaction, wire);
        for (int i = 0; i < wire.size(); i++) {
            answers[sendable.get(i)] =
                    answer(transaction, requests.get(sendable.get(i)).path(), wire.get(i), messages.get(i));
        }
        return Arrays.asList(answers);
    }

    private StoreAnswer answer(int transaction, String path, WireRequest request, Optional<WireMessage> message) {
        try {
            if (message.isEmpty()) {
                throw request.failure(Errno.EPIPE);
            }
            return request.op() == WireOp.DIRECTORY
                    ? new StoreAnswer.Names(names(transaction, path, request, message.get()))
                    : request.answer(message.get());
        } catch (XenLibException e) {
            return new StoreAnswer.Refused(e);
        }
    }

    @Override
    public int transactionStart() {
        // The payload is one empty string.
        WireRequest request = WireRequest.of(WireOp.TRANSACTION_START, "");
        return retried(request, (session, sent) -> {
            int number = lastTransaction.updateAndGet(last -> last == Integer.MAX_VALUE ? 1 : last + 1);
            int wireNumber = request.number(request.check(sent).text());
            transactions.put(number, new OpenTransaction(session, wireNumber));
            return number;
        });
    }

    @Override
    public void transactionCommit(int transaction) {
        WireRequest request = WireRequest.of(WireOp.TRANSACTION_END, "T");
        OpenTransaction open = require(transaction, request);
        transactions.remove(transaction);
        request.check(once(open.session(), open.wireNumber(), request));
    }

    @Override
    public void transactionAbort(int transaction) {
        WireRequest request = WireRequest.of(WireOp.TRANSACTION_END, "F");
        OpenTransaction open = require(transaction, request);
        transactions.remove(transaction);
        // xenstored has aborted what the loss of its connection left open.
        if (!open.session().isLost()) {
            request.check(once(open.session(), open.wireNumber(), request));
        }
    }

    private OpenTransaction require(int transaction, WireRequest request) {
        link.requireOpen();
        return Optional.ofNullable(transactions.get(transaction)).orElseThrow(() -> request.failure(Errno.ENOENT));
    }

    @Override
    public void watch(String path, String token) {
        if (watchAll(List.of(new XenStoreWatchEvent(path, token))).get(0) instanceof StoreAnswer.Refused refused) {
            throw refused.failure();
        }
    }

    @Override
    public List<StoreAnswer> watchAll(List<XenStoreWatchEvent> watches) {
        StoreAnswer[] answers = new StoreAnswer[watches.size()];
        List<WireRequest> requests = new ArrayList<>();
        List<Integer> added = new ArrayList<>();
        for (int i = 0; i < answers.length; i++) {
            try {
                requests.add(register(watches.get(i)));
                added.add(i);
            } catch (XenLibException e) {
                answers[i] = new StoreAnswer.Refused(e);
            }
        }
        link.expectEvents();
        List<Optional<WireMessage>> messages = exchangeWatches(requests);
        for (int i = 0; i < messages.size(); i++) {
            int watch = added.get(i);
            answers[watch] = watched(requests.get(i), messages.get(i));
            if (answers[watch] instanceof StoreAnswer.Refused) {
                link.watches().remove(watches.get(watch));
            }
        }
        return Arrays.asList(answers);
    }

    private WireRequest register(XenStoreWatchEvent watch) {
        WireRequest request = WireRequest.of(WireOp.WATCH, watch.path(), watch.token());
        if (!link.watches().add(watch)) {
            throw request.failure(Errno.EEXIST);
        }
        return request;
    }

    private List<Optional<WireMessage>> exchangeWatches(List<WireRequest> requests) {
        try {
            return exchangeAll(NO_TRANSACTION, requests);
        } catch (XenLibException e) {
            LOG.debug("xenstored cannot be reached: {}", e.getMessage());
            return Collections.nCopies(requests.size(), Optional.empty());
        }
    }

    /** A new connection may have registered the watch already: no other watch of this connection is the same. */
    private static StoreAnswer watched(WireRequest request, Optional<WireMessage> message) {
        try {
            request.check(message.orElseThrow(() -> request.failure(Errno.EPIPE)));
            return new StoreAnswer.Done();
        } catch (XenLibException e) {
            return e.errno().equals(Errno.EEXIST) ? new StoreAnswer.Done() : new StoreAnswer.Refused(e);
        }
    }

    @Override
    public void unwatch(String path, String token) {
        WireRequest request = WireRequest.of(WireOp.UNWATCH, path, token);
        if (!link.watches().remove(new XenStoreWatchEvent(path, token))) {
            throw request.failure(Errno.ENOENT);
        }
        try {
            perform(NO_TRANSACTION, request);
        } catch (XenLibException e) {
            // A new connection has not registered it.
            if (!e.errno().equals(Errno.ENOENT)) {
                throw e;
            }
        }
        link.forgetEvents(path, token);
    }

    @Override
    public Optional<XenStoreWatchEvent> readWatch(Duration timeout) {
        return link.awaitEvent(timeout);
    }

    @Override
    public void endReadWatch() {
        link.endWait();
    }

    @Override
    public void introduceDomain(int domid, long gfn, int port) {
        WireRequest request = WireRequest.of(
                WireOp.INTRODUCE_DOMAIN, Integer.toString(domid), Long.toString(gfn), Integer.toString(port));
        request.check(once(link.session(request), NO_TRANSACTION, request));
    }

    @Override
    public void releaseDomain(int domid) {
        WireRequest request = WireRequest.of(WireOp.RELEASE_DOMAIN, Integer.toString(domid));
        request.check(once(link.session(request), NO_TRANSACTION, request));
    }

    @Override
    public void resumeDomain(int domid) {
        WireRequest request = WireRequest.of(WireOp.RESUME_DOMAIN, Integer.toString(domid));
        request.check(exchange(NO_TRANSACTION, request));
    }

    @Override
    public boolean isDomainIntroduced(int domid) {
        WireRequest request = WireRequest.of(WireOp.IS_DOMAIN_INTRODUCED, Integer.toString(domid));
        return request.check(exchange(NO_TRANSACTION, request)).text().equals("T");
    }

    @Override
    public String getDomainPath(int domid) {
        WireRequest request = WireRequest.of(WireOp.GET_DOMAIN_PATH, Integer.toString(domid));
        return request.check(exchange(NO_TRANSACTION, request)).text();
    }

    @Override
    public void close() {
        link.close();
        transactions.clear();
    }

    private void perform(int transaction, WireRequest request) {
        request.check(exchange(transaction, request));
    }

    /** The answer to one request: of a transaction on its own connection, else on any. */
    private WireMessage exchange(int transaction, WireRequest request) {
        if (transaction == NO_TRANSACTION) {
            return retried(request, (session, answer) -> answer);
        }
        OpenTransaction open = require(transaction, request);
        return once(open.session(), open.wireNumber(), request);
    }

    private WireMessage once(WireSession session, int wireTransaction, WireRequest request) {
        try {
            return session.await(session.send(wireTransaction, List.of(request)).get(0));
        } catch (WireSession.LostException e) {
            throw lost(request);
        }
    }

    /** Makes a request that may be made again, until an answer comes. */
    private <T> T retried(WireRequest request, BiFunction<WireSession, WireMessage, T> result) {
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            WireSession session = link.session(request);
            try {
                WireMessage answer = session.await(
                        session.send(NO_TRANSACTION, List.of(request)).get(0));
                return result.apply(session, answer);
            } catch (WireSession.LostException e) {
                link.requireOpen();
            }
        }
        throw request.failure(Errno.EPIPE);
    }

    /** Sends all requests, then takes the answers; one is missing if the connection was lost before it came. */
    private List<Optional<WireMessage>> exchangeAll(int transaction, List<WireRequest> requests) {
        if (requests.isEmpty()) {
            return List.of();
        }
        WireRequest first = requests.get(0);
        if (transaction != NO_TRANSACTION) {
            OpenTransaction open = require(transaction, first);
            return collect(open.session(), open.session().send(open.wireNumber(), requests));
        }
        List<Optional<WireMessage>> answers = new ArrayList<>();
        for (int attempt = 1; attempt <= MOST_ATTEMPTS && answers.size() < requests.size(); attempt++) {
            WireSession session = link.session(first);
            List<WireRequest> rest = requests.subList(answers.size(), requests.size());
            // Answers come in the order of the requests, so what is missing is missing at the end.
            collect(session, session.send(NO_TRANSACTION, rest)).stream()
                    .takeWhile(Optional::isPresent)
                    .forEach(answers::add);
            link.requireOpen();
        }
        while (answers.size() < requests.size()) {
            answers.add(Optional.empty());
        }
        return answers;
    }

    private static List<Optional<WireMessage>> collect(WireSession session, List<WireSession.Sent> sent) {
        session.receive(sent);
        List<Optional<WireMessage>> answers = new ArrayList<>(sent.size());
        for (WireSession.Sent request : sent) {
            try {
                answers.add(Optional.of(session.await(request)));
            } catch (WireSession.LostException e) {
                answers.add(Optional.empty());
            }
        }
        return answers;
    }

    private XenLibException lost(WireRequest request) {
        link.requireOpen();
        return request.failure(Errno.EPIPE);
    }
}
