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
        String verb = "looking for the console of";
        String node = domain.paths().console() + "/tty";
        return domain.attempting(verb, () -> domain.context()
                .events()
                .await(node, timeout, () -> {
                    domain.info(verb);
                    return domain.store().read(node).filter(tty -> !tty.isEmpty());
                })
                .orElseThrow(() -> OperationTimeoutException.after(
                        domain + ": no console terminal", timeout, "; is xenconsoled running?")));
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
