// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A device model that serves a domain, whoever started it. Two values are equal if they stand for one process. */
public interface DeviceModelProcess {
    /** The domain that it serves. */
    int domid();

    long pid();

    /** Its arguments, the program's name first. */
    List<String> arguments();

    boolean isAlive();

    /** Whether it answers at the monitor sockets that stand in its arguments. */
    boolean hasMonitor();

    /** Completes when it has ended, also if it is another process's child. */
    CompletableFuture<?> onExit();

    /** Asks it to end, so that it writes its disks' caches first. */
    void terminate();

    /** Ends it at once. */
    void kill();
}
