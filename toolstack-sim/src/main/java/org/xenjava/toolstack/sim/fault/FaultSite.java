// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.util.Optional;

/**
 * A call on its way from the toolstack to one of Xen's libraries.
 *
 * @param number of the call, from 1 on, among all that have crossed this {@link FaultInjection}
 * @param method of the library's interface in {@code .xenctrl.lib}, such as {@code "transactionCommit"}
 * @param name as C programmers know it: a hypercall's, such as {@code "XENMEM_set_pod_target"}, or a library
 *     function's, such as {@code "xs_write"}
 * @param path the xenstore path that it is about, if it is about one
 */
public record FaultSite(long number, String method, String name, Optional<String> path) {
    private static final String WAITING = "readWatch";

    /** A call that has no number yet. */
    static FaultSite of(String method, String name, Optional<String> path) {
        return new FaultSite(0, method, name, path);
    }

    FaultSite numbered(long newNumber) {
        return new FaultSite(newNumber, method, name, path);
    }

    /** Whether it has a number of its own: waiting for a watch has not, since nobody knows how often it is done. */
    boolean counts() {
        return !method.equals(WAITING);
    }

    /** Whether it goes to xenstored. */
    public boolean toXenstored() {
        return name.startsWith("xs_");
    }

    /** For messages: {@code "call 12, xs_write /vm/…"}. */
    @Override
    public String toString() {
        return "call " + number + ", " + name + path.map(p -> " " + p).orElse("");
    }
}
