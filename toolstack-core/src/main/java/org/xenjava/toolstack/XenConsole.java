// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.xenctrl.HostCalls.ConsoleReading;

/** The console of the hypervisor: its messages, and its debug keys. Safe to use from many threads. */
public final class XenConsole {
    private final HostContext context;

    XenConsole(HostContext context) {
        this.context = context;
    }

    /** {@return all messages in Xen's buffer, oldest first, one on each line} */
    public String read() {
        return XenFailures.translating(
                "reading Xen's console", () -> context.xenctrl().host().readWholeConsole(ConsoleReading.KEEP));
    }

    /** {@return all messages in Xen's buffer} Xen drops them, and keeps later ones. */
    public String readAndClear() {
        return XenFailures.translating(
                "reading and clearing Xen's console",
                () -> context.xenctrl().host().readWholeConsole(ConsoleReading.CLEAR));
    }

    /**
     * Sends keys to Xen in order, as if they were typed at its console. The results are messages of Xen; an unknown
     * key is ignored. {@code R} reboots the host at once and {@code C} crashes it.
     *
     * @param keys printable ASCII characters, at least one
     * @throws ConfigException if the text has other characters or is empty
     */
    public void sendDebugKeys(String keys) {
        if (!keys.matches("[!-~]+")) {
            throw new ConfigException("debug keys are printable ASCII characters: '" + keys + "'");
        }
        XenFailures.translating(
                "sending debug keys to Xen", () -> context.xenctrl().host().sendDebugKeys(keys));
    }
}
