// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.io.IOException;
import java.util.EnumSet;
import java.util.function.IntSupplier;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.InputFlag;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Attributes.OutputFlag;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Puts the terminal of this process into raw mode, in which each key is input at once, Ctrl-C included. */
public final class RawTerminal {
    /** JLine's property that disables its warning about JNA: JLine prefers a native library of its own. */
    private static final String QUIET = "org.jline.terminal.disableDeprecatedProviderWarning";

    /** With the type {@code dumb}, which bash sets where there is no TERM, JLine changes no mode. No command depends on it. */
    private static final String TYPE = "ansi";

    private RawTerminal() {}

    /** Work that runs while the terminal is in raw mode. */
    public interface Work {
        void run() throws InterruptedException;
    }

    /**
     * Runs work in raw mode. The earlier mode is restored after the work, and when the process ends during it.
     *
     * @throws IOException if standard input is no terminal
     */
    public static void during(Work work) throws IOException, InterruptedException {
        try (Terminal terminal = open()) {
            terminal.setAttributes(raw(terminal.getAttributes()));
            work.run();
        }
    }

    /** Work that reads single keys and draws on the screen. */
    public interface ScreenWork {
        /** @param rows tells the present height of the terminal; 0 if it is not known */
        void run(IntSupplier rows) throws InterruptedException;
    }

    /**
     * Runs work while each key is input at once and is not shown. Ctrl-C is a signal as always. The earlier mode is
     * restored after the work.
     *
     * @throws IOException if standard input is no terminal
     */
    public static void withKeys(ScreenWork work) throws IOException, InterruptedException {
        try (Terminal terminal = open()) {
            Attributes keys = new Attributes(terminal.getAttributes());
            keys.setLocalFlags(EnumSet.of(LocalFlag.ECHO, LocalFlag.ICANON), false);
            keys.setControlChar(ControlChar.VMIN, 1);
            keys.setControlChar(ControlChar.VTIME, 0);
            terminal.setAttributes(keys);
            work.run(terminal::getHeight);
        }
    }

    private static Terminal open() throws IOException {
        System.setProperty(QUIET, "true");
        return TerminalBuilder.builder()
                .system(true)
                .type(TYPE)
                .jna(true)
                .jni(false)
                .ffm(false)
                .exec(false)
                .dumb(false)
                .build();
    }

    /** The attributes that cfmakeraw(3) sets. */
    private static Attributes raw(Attributes present) {
        Attributes raw = new Attributes(present);
        raw.setInputFlags(
                EnumSet.of(
                        InputFlag.IGNBRK,
                        InputFlag.BRKINT,
                        InputFlag.PARMRK,
                        InputFlag.ISTRIP,
                        InputFlag.INLCR,
                        InputFlag.IGNCR,
                        InputFlag.ICRNL,
                        InputFlag.IXON),
                false);
        raw.setOutputFlag(OutputFlag.OPOST, false);
        raw.setLocalFlags(EnumSet.of(LocalFlag.ECHO, LocalFlag.ICANON, LocalFlag.ISIG, LocalFlag.IEXTEN), false);
        raw.setControlChar(ControlChar.VMIN, 1);
        raw.setControlChar(ControlChar.VTIME, 0);
        return raw;
    }
}
