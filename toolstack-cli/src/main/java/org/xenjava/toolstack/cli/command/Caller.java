// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.xenjava.toolstack.config.DomainConfig;

/** The process that has given a command: its signals and its directory. */
public interface Caller {
    /** This process, in which the command runs. */
    Caller THIS_PROCESS = new Caller() {
        @Override
        public <T> T untilStopped(Runnable stop, Supplier<T> work) {
            return SignalShutdown.run(stop, work);
        }

        @Override
        public Path path(String word) {
            return Path.of(word);
        }

        @Override
        public void requireThisProcess() {}

        @Override
        public void requireNoRelativeFile(Path config, List<String> lines) {}

        @Override
        public void requireNoFileOfCaller(DomainConfig config) {}
    };

    /**
     * Runs work that Ctrl-C or SIGTERM stops.
     *
     * @param stop asks the work to end soon; called on another thread
     */
    <T> T untilStopped(Runnable stop, Supplier<T> work);

    /** Returns the file that a word of the command line names. */
    Path path(String word);

    /**
     * Fails with {@link OwnProcessNeededException} if the command runs in a process that is not the caller's, for example because the command needs the
     * caller's terminal. The command then runs in a process of its own. Must be called before the command has an effect.
     */
    void requireThisProcess();

    /**
     * Fails as {@link #requireThisProcess} does if a guest needs a file that a relative path names, or the caller's
     * display.
     */
    void requireNoFileOfCaller(DomainConfig config);

    /** Fails as {@link #requireThisProcess} does if the text of a configuration names a file of the caller's directory. */
    void requireNoRelativeFile(Path config, List<String> lines);
}
