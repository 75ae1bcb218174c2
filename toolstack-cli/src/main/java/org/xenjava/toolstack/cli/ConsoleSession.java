// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;

/**
 * Copies between a guest's console and the user, until the console ends: xenconsoled closes it when the guest has
 * shut down. It has also made the pseudo-terminal raw, so nothing that the guest prints is echoed back to it. The
 * user's own terminal stays in line mode: a line goes to the guest when it is complete, and the end of input (Ctrl-D
 * at the start of a line) detaches. Input that is not a terminal may end before the guest does.
 */
final class ConsoleSession {
    private static final int CHUNK = 4096;

    private final Streams streams;
    private final CountDownLatch ended = new CountDownLatch(1);

    private ConsoleSession(Streams streams) {
        this.streams = streams;
    }

    /** Opens a console, lets {@code whenOpen} happen, and copies until it ends. */
    static void attach(String terminal, Streams streams, Runnable whenOpen) throws IOException, InterruptedException {
        try (InputStream fromGuest = new FileInputStream(terminal);
                OutputStream toGuest = new FileOutputStream(terminal)) {
            whenOpen.run();
            run(fromGuest, toGuest, streams);
        }
    }

    static void run(InputStream fromGuest, OutputStream toGuest, Streams streams) throws InterruptedException {
        ConsoleSession session = new ConsoleSession(streams);
        session.start("console output", () -> session.show(fromGuest));
        session.start("console input", () -> session.type(toGuest));
        session.ended.await();
    }

    /** A blocked read cannot be interrupted, so whoever is left when the session has ended ends with the process. */
    private void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void show(InputStream fromGuest) {
        try {
            copy(fromGuest, streams.out());
        } catch (UncheckedIOException e) {
            // EIO: the console was closed.
        } finally {
            ended.countDown();
        }
    }

    private void type(OutputStream toGuest) {
        try {
            copy(streams.in(), toGuest);
        } catch (UncheckedIOException e) {
            // The guest is gone, which show() notices as well; or the user's terminal is.
        }
        if (streams.inputIsTerminal()) {
            ended.countDown();
        }
    }

    private static void copy(InputStream from, OutputStream to) {
        byte[] chunk = new byte[CHUNK];
        try {
            for (int length = from.read(chunk); length >= 0; length = from.read(chunk)) {
                to.write(chunk, 0, length);
                to.flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
