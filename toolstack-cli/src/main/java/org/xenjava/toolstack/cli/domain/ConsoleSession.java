// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.RawTerminal;

/**
 * Copies between a guest's console and the user, until the console ends: xenconsoled closes it when the guest has
 * shut down. xenconsoled has also made the pseudo-terminal raw, so nothing that the guest prints is echoed back to it.
 * On a terminal each key goes to the guest at once, Ctrl-C included, and Ctrl-] detaches. From a pipe, the end of input
 * detaches; without any input, as from {@code /dev/null}, the console is shown to its end.
 */
final class ConsoleSession {
    private static final int CHUNK = 4096;

    private final Console streams;
    private final CountDownLatch ended = new CountDownLatch(1);

    private ConsoleSession(Console streams) {
        this.streams = streams;
    }

    /** Opens a console, runs {@code whenOpen}, and copies until the console ends. */
    static void attach(String terminal, Console streams, Runnable whenOpen) throws IOException, InterruptedException {
        try (InputStream fromGuest = new FileInputStream(terminal);
                OutputStream toGuest = new FileOutputStream(terminal)) {
            whenOpen.run();
            if (!streams.isTerminal(Console.Stream.IN)) {
                run(fromGuest, toGuest, streams);
                return;
            }
            RawTerminal.during(() -> run(fromGuest, toGuest, streams));
        }
    }

    static void run(InputStream fromGuest, OutputStream toGuest, Console streams) throws InterruptedException {
        ConsoleSession session = new ConsoleSession(streams);
        session.start("console output", () -> session.show(fromGuest));
        session.start("console input", () -> session.type(toGuest));
        session.ended.await();
    }

    /** Starts a daemon thread: a blocked read cannot be interrupted, so a thread that is left ends with the process. */
    private void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void show(InputStream fromGuest) {
        try {
            copy(fromGuest, streams.guestOutput());
        } catch (IOException e) {
            // EIO: the console was closed.
        } finally {
            ended.countDown();
        }
    }

    private void type(OutputStream toGuest) {
        try {
            boolean keys = streams.isTerminal(Console.Stream.IN);
            long typed = copy(keys ? new UntilDetached(streams.in()) : streams.in(), toGuest);
            if (typed > 0 || keys) {
                ended.countDown();
            }
        } catch (IOException e) {
            // The guest is gone; show() ends too.
        }
    }

    private static long copy(InputStream from, OutputStream to) throws IOException {
        byte[] chunk = new byte[CHUNK];
        long total = 0;
        for (int length = from.read(chunk); length >= 0; length = from.read(chunk)) {
            to.write(chunk, 0, length);
            to.flush();
            total += length;
        }
        return total;
    }

    /** Keys up to Ctrl-], which is the end of the input. */
    private static final class UntilDetached extends FilterInputStream {
        private static final byte DETACH = 0x1D;

        private boolean detached;

        UntilDetached(InputStream keys) {
            super(keys);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (detached) {
                return -1;
            }
            int count = super.read(buffer, offset, length);
            for (int i = 0; i < count; i++) {
                if (buffer[offset + i] == DETACH) {
                    detached = true;
                    return i == 0 ? -1 : i;
                }
            }
            return count;
        }
    }
}
