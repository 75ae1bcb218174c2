// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;
import org.xenjava.toolstack.xenctrl.lib.wire.WireDecoder;
import org.xenjava.toolstack.xenctrl.lib.wire.WireMessage;
import org.xenjava.toolstack.xenctrl.lib.wire.WireOp;
import org.xenjava.toolstack.xenctrl.lib.wire.WireTransport;

/**
 * The simulated xenstored's end of a socket. The thread that sends a request carries it out, and receives the answer
 * before {@link #send} returns.
 */
final class StoreWire implements WireTransport {
    private static final byte[] OK = WireMessage.strings("OK");

    private final StoreConnection connection;
    private final Receiver client;
    private final WireDecoder decoder = new WireDecoder();

    /**
     * Accepts a connection.
     *
     * @param daemon to accept it
     * @param client receives answers and watch events
     */
    StoreWire(XenStored daemon, Receiver client) {
        this.client = client;
        this.connection =
                daemon.connectProcess(() -> client.lost(new IOException("the simulated xenstored was stopped")));
    }

    @Override
    public void send(ByteBuffer bytes) throws IOException {
        decoder.feed(bytes, this::serve);
    }

    @Override
    public void close() {
        connection.close();
    }

    private void serve(WireMessage request) {
        WireMessage answer;
        try {
            WireOp op = WireOp.of(request.type()).orElseThrow(() -> new StoreRefusal(Errno.ENOSYS));
            answer = WireMessage.of(op, request.request(), request.transaction(), answer(op, request));
            if (answer.payload().length > WireMessage.MAX_PAYLOAD) {
                throw new StoreRefusal(Errno.E2BIG);
            }
        } catch (StoreRefusal refusal) {
            answer = error(request, refusal.errno());
        } catch (XenLibException failure) {
            answer = error(request, failure.errno());
        }
        client.received(answer.encoded());
    }

    private static WireMessage error(WireMessage request, Errno errno) {
        return WireMessage.of(
                WireOp.ERROR, request.request(), request.transaction(), WireMessage.strings(errno.symbol()));
    }

    private byte[] answer(WireOp op, WireMessage request) {
        List<String> arguments = request.strings();
        if (arguments.isEmpty()) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        String first = arguments.get(0);
        int transaction = request.transaction();
        return switch (op) {
            case READ -> connection.read(transaction, first);
            case DIRECTORY -> strings(connection.directory(transaction, first));
            case DIRECTORY_PART -> part(transaction, first, number(arguments, 1));
            case GET_PERMISSIONS ->
                strings(connection.getPermissions(transaction, first).stream()
                        .map(WirePermissions::spell)
                        .toList());
            case TRANSACTION_START -> strings(List.of(Integer.toString(connection.transactionStart())));
            case GET_DOMAIN_PATH -> strings(List.of(connection.getDomainPath(number(arguments, 0))));
            case IS_DOMAIN_INTRODUCED ->
                strings(List.of(connection.isDomainIntroduced(number(arguments, 0)) ? "T" : "F"));
            case WATCH_EVENT, ERROR -> throw new StoreRefusal(Errno.ENOSYS);
            default -> {
                perform(op, request, arguments);
                yield OK;
            }
        };
    }

    private void perform(WireOp op, WireMessage request, List<String> arguments) {
        String first = arguments.get(0);
        int transaction = request.transaction();
        switch (op) {
            case WRITE -> connection.write(transaction, first, value(request));
            case MKDIR -> connection.mkdir(transaction, first);
            case RM -> connection.rm(transaction, first);
            case SET_PERMISSIONS ->
                connection.setPermissions(
                        transaction,
                        first,
                        arguments.stream().skip(1).map(WirePermissions::parse).toList());
            case TRANSACTION_END -> end(transaction, first);
            case WATCH -> connection.watch(first, argument(arguments, 1), this::fire);
            case UNWATCH -> connection.unwatch(first, argument(arguments, 1));
            case INTRODUCE_DOMAIN ->
                connection.introduceDomain(number(arguments, 0), number(arguments, 1), number(arguments, 2));
            case RELEASE_DOMAIN -> connection.releaseDomain(number(arguments, 0));
            case RESUME_DOMAIN -> connection.resumeDomain(number(arguments, 0));
            default -> throw new StoreRefusal(Errno.ENOSYS);
        }
    }

    private void end(int transaction, String how) {
        switch (how) {
            case "T" -> connection.transactionCommit(transaction);
            case "F" -> connection.transactionAbort(transaction);
            default -> throw new StoreRefusal(Errno.EINVAL);
        }
    }

    /** The directory's generation, then as many names from an offset on as fit; an empty name after the last one. */
    private byte[] part(int transaction, String path, int offset) {
        List<String> names = connection.directory(transaction, path);
        byte[] all = strings(names);
        if (offset < 0 || offset > all.length) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        byte[] generation = WireMessage.strings(Integer.toString(names.hashCode()));
        int end = offset;
        while (end < all.length) {
            int next = end;
            while (all[next++] != 0) {
                // Finds the end of the name.
            }
            if (generation.length + next - offset + 1 > WireMessage.MAX_PAYLOAD) {
                break;
            }
            end = next;
        }
        int last = end == all.length ? 1 : 0;
        byte[] payload = Arrays.copyOf(generation, generation.length + end - offset + last);
        System.arraycopy(all, offset, payload, generation.length, end - offset);
        return payload;
    }

    private void fire(XenStoreWatchEvent event) {
        client.received(WireMessage.of(WireOp.WATCH_EVENT, 0, 0, WireMessage.strings(event.path(), event.token()))
                .encoded());
    }

    private static byte[] value(WireMessage request) {
        byte[] payload = request.payload();
        for (int i = 0; i < payload.length; i++) {
            if (payload[i] == 0) {
                return Arrays.copyOfRange(payload, i + 1, payload.length);
            }
        }
        throw new StoreRefusal(Errno.EINVAL);
    }

    private static byte[] strings(List<String> texts) {
        return WireMessage.strings(texts, new byte[0]);
    }

    private static String argument(List<String> arguments, int index) {
        if (index >= arguments.size()) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        return arguments.get(index);
    }

    private static int number(List<String> arguments, int index) {
        try {
            return Integer.parseUnsignedInt(argument(arguments, index));
        } catch (NumberFormatException e) {
            throw new StoreRefusal(Errno.EINVAL);
        }
    }
}
