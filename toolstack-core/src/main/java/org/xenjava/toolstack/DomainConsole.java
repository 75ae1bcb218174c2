// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.xenjava.toolstack.error.OperationTimeoutException;

/** The console of one domain, and Xen's messages about it. {@link Domain#console} returns it. */
public final class DomainConsole {
    private static final int MOST_CONSOLE_BYTES = 1 << 20;

    private final DomainHandle domain;

    /** Kinds of a guest's consoles. */
    public enum ConsoleKind {
        /** Paravirtual consoles: number 0 is hvc0 in Linux, the others are channels. */
        PV,
        /** The serial ports of an HVM guest that its configuration connects to a pseudo-terminal. */
        SERIAL
    }

    DomainConsole(DomainHandle domain) {
        this.domain = domain;
    }

    /**
     * The pseudo-terminal of the console, which xenconsoled opens.
     *
     * @param timeout the longest time to wait for xenconsoled
     * @return a path such as {@code /dev/pts/3}
     * @throws OperationTimeoutException if there is none when the timeout expires
     */
    public String terminal(Duration timeout) {
        return awaitTerminal(domain.paths().console() + "/tty", timeout, "; is xenconsoled running?");
    }

    private String awaitTerminal(String node, Duration timeout, String advice) {
        String verb = "looking for the console of";
        return domain.attempting(verb, () -> domain.context()
                .events()
                .await(node, timeout, () -> {
                    domain.info(verb);
                    return domain.store().read(node).filter(tty -> !tty.isEmpty());
                })
                .orElseThrow(() -> OperationTimeoutException.after(domain + ": no console terminal", timeout, advice)));
    }

    /**
     * The pseudo-terminal of one of the domain's consoles.
     *
     * @param kind kind of the console
     * @param number number of the console among those of its kind, from 0
     * @param timeout the longest time to wait for the process that opens it
     * @return a path such as {@code /dev/pts/3}
     * @throws OperationTimeoutException if there is none when the timeout expires
     */
    public String terminal(ConsoleKind kind, int number, Duration timeout) {
        if (kind == ConsoleKind.PV && number == 0) {
            return terminal(timeout);
        }
        return kind == ConsoleKind.SERIAL
                ? awaitTerminal(
                        domain.paths().serialTerminal(number),
                        timeout,
                        "; a guest has a serial port with a terminal if its configuration has serial=\"pty\"")
                : awaitTerminal(domain.paths().of("device/console/" + number + "/tty"), timeout, "");
    }

    /**
     * The pseudo-terminal of the console that xl prefers: of an HVM guest the first serial port, if it has a terminal,
     * otherwise the first paravirtual console.
     *
     * @param timeout the longest time to wait for xenconsoled
     * @return a path such as {@code /dev/pts/3}
     * @throws OperationTimeoutException if there is none when the timeout expires
     */
    public String preferredTerminal(Duration timeout) {
        return domain.attempting("looking for the console of", () -> domain.store()
                        .read(domain.paths().serialTerminal(0))
                        .filter(tty -> !tty.isEmpty()))
                .orElseGet(() -> terminal(timeout));
    }

    /** {@return the lines of Xen's console that name this domain or an earlier one with its domid} */
    public List<String> xenMessages() {
        Pattern named = Pattern.compile("\\b[Dd](om)?" + domain.domid() + "(v\\d+)?\\b");
        return domain.attempting("reading Xen's console for", () -> domain.xenctrl()
                .host()
                .readConsole(MOST_CONSOLE_BYTES)
                .lines()
                .filter(line -> named.matcher(line).find())
                .toList());
    }
}
