// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** A xenstored that answers as a test says. Every send is one batch. */
final class ScriptedXenstored implements WireTransport.Connector {
    final List<List<WireMessage>> batches = new ArrayList<>();
    int connections;
    boolean down;
    private Function<List<WireMessage>, List<WireMessage>> script = ScriptedXenstored::allOk;
    private WireTransport.Receiver client = new NoClient();

    /** Receives nothing. */
    private static final class NoClient implements WireTransport.Receiver {
        @Override
        public void received(ByteBuffer bytes) {}

        @Override
        public void lost(IOException reason) {}
    }

    void answering(Function<WireMessage, WireMessage> answer) {
        script = batch -> batch.stream().map(answer).toList();
    }

    void answeringBatches(Function<List<WireMessage>, List<WireMessage>> answer) {
        script = answer;
    }

    static List<WireMessage> allOk(List<WireMessage> batch) {
        return batch.stream()
                .map(request -> answer(request, request.type() == WireOp.TRANSACTION_START.number() ? "1" : "OK"))
                .toList();
    }

    static WireMessage answer(WireMessage request, String text) {
        return new WireMessage(request.type(), request.request(), request.transaction(), WireMessage.strings(text));
    }

    static WireMessage error(WireMessage request, String errno) {
        return WireMessage.of(WireOp.ERROR, request.request(), request.transaction(), WireMessage.strings(errno));
    }

    /** Loses the connection, as when the daemon dies. */
    void drop() {
        client.lost(new IOException("dropped"));
    }

    void push(byte[] bytes) {
        client.received(ByteBuffer.wrap(bytes));
    }

    List<WireMessage> requests() {
        return batches.stream().flatMap(List::stream).toList();
    }

    List<Integer> types() {
        return requests().stream().map(WireMessage::type).toList();
    }

    @Override
    public WireTransport connect(WireTransport.Receiver receiver) {
        connections++;
        if (down) {
            throw new XenLibException("xs_open", Errno.ECONNREFUSED);
        }
        client = receiver;
        WireDecoder decoder = new WireDecoder();
        return new WireTransport() {
            private boolean closed;

            @Override
            public void send(ByteBuffer bytes) throws IOException {
                if (closed) {
                    throw new IOException("closed");
                }
                List<WireMessage> batch = new ArrayList<>();
                decoder.feed(bytes, batch::add);
                batches.add(batch);
                for (WireMessage answer : script.apply(batch)) {
                    receiver.received(answer.encoded());
                }
            }

            @Override
            public void close() {
                closed = true;
            }
        };
    }
}
