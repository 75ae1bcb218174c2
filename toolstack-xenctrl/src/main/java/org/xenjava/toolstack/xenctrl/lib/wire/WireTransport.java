// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.IntSupplier;

/** A stream of bytes to and from a xenstored. */
public interface WireTransport extends AutoCloseable {
    /** The client's end, which a transport calls from any thread. */
    interface Receiver {
        /** Takes bytes that xenstored sent, in their order; read to the end. */
        void received(ByteBuffer bytes);

        /** Learns that the stream ended without being closed by the client. */
        void lost(IOException reason);
    }

    /** Opens streams to one xenstored. */
    interface Connector {
        /**
         * Opens a stream.
         *
         * @param receiver the client's end; may be called before this method returns
         * @return the stream
         * @throws org.xenjava.toolstack.xenctrl.lib.XenLibException {@code xs_open}, if xenstored cannot be reached
         */
        WireTransport connect(Receiver receiver);
    }

    /**
     * Sends bytes without waiting for an answer. An interrupt of the calling thread does not end the stream.
     *
     * @param bytes read to the end
     * @throws IOException if the stream has ended
     */
    void send(ByteBuffer bytes) throws IOException;

    /**
     * Receives in the calling thread, unless another thread does, the thread is interrupted or the transport has a thread
     * of its own for it. The caller waits for its answers in any case.
     *
     * @param missing the number of the caller's answers that have not come
     * @param limit the longest time
     */
    default void receiveAll(IntSupplier missing, Duration limit) {}

    /** Learns that a thread waits for an answer which another thread, or the transport's own, is to receive. */
    default void beginWait() {}

    /** Learns that a wait has ended. */
    default void endWait() {}

    /** Learns that xenstored will send events, which are to be received soon although nobody waits for an answer. */
    default void expectEvents() {}

    /** Ends the stream; {@link Receiver#lost} is not called. */
    @Override
    void close();
}
