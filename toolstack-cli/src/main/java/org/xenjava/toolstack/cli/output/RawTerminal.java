// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.io.IOException;
import java.util.EnumSet;
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

    private RawTerminal() {}

    /** Work in raw mode. */
    public interface Work {
        void run() throws InterruptedException;
    }

    /**
     * Runs work in raw mode. The earlier mode is restored after the work, and when the process ends during it.
     *
     * @throws IOException if standard input is no terminal
     */
    public static void during(Work work) throws IOException, InterruptedException {
        System.setProperty(QUIET, "true");
        try (Terminal terminal = TerminalBuilder.builder()
                .system(true)
                .jna(true)
                .jni(false)
                .ffm(false)
                .exec(false)
                .dumb(false)
                .build()) {
            terminal.setAttributes(raw(terminal.getAttributes()));
            work.run();
        }
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
