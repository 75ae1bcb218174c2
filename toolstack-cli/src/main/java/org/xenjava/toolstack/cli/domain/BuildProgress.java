// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.PrintStream;
import java.util.Locale;
import org.xenjava.toolstack.create.CreateListener;

/** Shows a build's steps on standard error. */
sealed interface BuildProgress extends CreateListener, AutoCloseable {
    /** The last step is done, or none will follow. */
    @Override
    default void close() {}

    /** Nothing. */
    record Silent() implements BuildProgress {
        @Override
        public void onProgress(Progress progress) {}
    }

    /** One line per step. */
    record Lines(PrintStream err) implements BuildProgress {
        @Override
        public void onProgress(Progress progress) {
            if (progress.phase() != Phase.DONE) {
                err.println(text(progress));
            }
        }
    }

    /** One line, rewritten at each step and removed in the end. */
    record OneLine(PrintStream err) implements BuildProgress {
        /** Carriage return, erase to the end of the line (ECMA-48 EL). */
        private static final String REWRITE = "\r\033[K";

        @Override
        public void onProgress(Progress progress) {
            if (progress.phase() != Phase.DONE) {
                err.print(REWRITE + text(progress));
                err.flush();
            }
        }

        @Override
        public void close() {
            err.print(REWRITE);
            err.flush();
        }
    }

    private static String text(CreateListener.Progress progress) {
        String what = progress.phase() == CreateListener.Phase.UNDONE ? "undone: " : "";
        return String.format(
                Locale.ROOT,
                "%s [%d/%d] %s%s",
                progress.domain(),
                progress.number(),
                progress.total(),
                what,
                progress.step());
    }
}
