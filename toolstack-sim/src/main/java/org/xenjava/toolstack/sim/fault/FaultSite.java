// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.util.Optional;

/**
 * A call from the toolstack to one of Xen's libraries, or a command to QEMU's monitor, at which a fault can be injected.
 *
 * @param number number of the call, from 1 on, among all calls through this {@link FaultInjection}
 * @param method method of the library's interface in {@code .xenctrl.lib}, such as {@code "transactionCommit"}
 * @param name the C name of a hypercall, such as {@code "XENMEM_set_pod_target"}, of a library function, such as
 *     {@code "xs_write"}, or {@code "qmp_"} and a command, such as {@code "qmp_cont"}
 * @param path the xenstore path of the call, if it has one
 */
public record FaultSite(long number, String method, String name, Optional<String> path) {
    private static final String WAITING = "readWatch";

    /** Describes a call without a number. */
    static FaultSite of(String method, String name, Optional<String> path) {
        return new FaultSite(0, method, name, path);
    }

    FaultSite numbered(long newNumber) {
        return new FaultSite(newNumber, method, name, path);
    }

    /** Whether the call is counted. A wait for a watch is not, because the number of its repetitions varies. */
    boolean counts() {
        return !method.equals(WAITING);
    }

    /** {@return whether the call goes to xenstored} */
    public boolean toXenstored() {
        return name.startsWith("xs_");
    }

    /** For messages: {@code "call 12, xs_write /vm/…"}. */
    @Override
    public String toString() {
        return "call " + number + ", " + name + path.map(p -> " " + p).orElse("");
    }
}
