// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import org.xenjava.toolstack.cli.output.Console;

/**
 * Standard error of this process while commands of others run: what a command's threads log goes to its caller, and
 * everything else to the stream that was there before.
 */
final class CallerLog extends OutputStream {
    private final PrintStream before;
    private final InheritableThreadLocal<OutputStream> caller = new InheritableThreadLocal<>();

    private CallerLog(PrintStream before) {
        this.before = before;
    }

    static CallerLog install() {
        CallerLog log = new CallerLog(System.err);
        System.setErr(Console.escaped(log));
        return log;
    }

    void uninstall() {
        System.setErr(before);
    }

    /** From now on, this thread and the threads that it starts log to the caller. */
    void logTo(OutputStream stream) {
        caller.set(stream);
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        OutputStream stream = caller.get();
        if (stream != null) {
            try {
                stream.write(bytes, from, length);
                return;
            } catch (IOException e) {
                // The caller has ended; a thread of its command has not.
            }
        }
        before.write(bytes, from, length);
    }
}
