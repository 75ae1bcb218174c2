// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.util.concurrent.atomic.AtomicLong;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/** The holder of {@link Lease}s: a process, or one of several holders within a process. */
public final class LeaseHolder {
    private static final char BEFORE_NUMBER = '#';
    private static final AtomicLong HOLDERS = new AtomicLong();

    private final ProcessIdentity processes;
    private final String signature;

    private LeaseHolder(ProcessIdentity processes, String signature) {
        this.processes = processes;
        this.signature = signature;
    }

    /** One holder for all that signs with this identity: of a process, whose threads share their leases, or of a thread. */
    public static LeaseHolder ofProcess(ProcessIdentity processes) {
        return new LeaseHolder(processes, processes.self());
    }

    /** A holder beside others in this process, whose leases exclude each other. */
    public static LeaseHolder withinProcess(ProcessIdentity processes) {
        return new LeaseHolder(processes, processes.self() + BEFORE_NUMBER + HOLDERS.incrementAndGet());
    }

    /** The text of the holder's leases. */
    public String signature() {
        return signature;
    }

    /** The lease with its node at that path. */
    public Lease lease(String path) {
        return new Lease(this, path);
    }

    Liveness liveness(String other) {
        int number = other.lastIndexOf(BEFORE_NUMBER);
        return processes.liveness(number < 0 ? other : other.substring(0, number));
    }
}
