// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.util.Locale;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.Verbosity;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.StepPhase;

/** Shows the steps of a build on standard error. */
record BuildProgress(Console console, Verbosity verbosity) implements CreateListener, AutoCloseable {
    @Override
    public void onProgress(Progress progress) {
        if (progress.phase() == StepPhase.DONE) {
            return;
        }
        switch (verbosity) {
            case QUIET, TROUBLES -> {}
            case ONE_LINE -> console.progress().show(text(progress));
            case LINES -> console.note(text(progress));
        }
    }

    @Override
    public void close() {
        console.progress().clear();
    }

    private static String text(Progress progress) {
        String what = progress.phase() == StepPhase.UNDONE ? "undone: " : "";
        return String.format(
                Locale.ROOT,
                "%s [%d/%d] %s%s",
                progress.domain(),
                progress.number(),
                progress.total(),
                what,
                progress.step().words());
    }
}
