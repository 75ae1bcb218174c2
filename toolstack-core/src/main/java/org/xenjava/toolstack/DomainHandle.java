// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/**
 * The identity of a domain and the access to it, shared by a {@link Domain} and the classes of its subjects. Failures
 * that pass it get the domid and the UUID.
 */
record DomainHandle(HostContext context, int domid, UUID uuid, DomainPaths paths) {
    DomainHandle(HostContext context, int domid, UUID uuid) {
        this(context, domid, uuid, new DomainPaths(domid));
    }

    Xenctrl xenctrl() {
        return context.xenctrl();
    }

    StoreClient store() {
        return context.store();
    }

    /** Runs one operation; {@code verb}, such as {@code "pausing"}, begins the message of a failure. */
    <T> T attempting(String verb, Supplier<T> work) {
        return XenFailures.translating(
                Attempt.on(domid, uuid, verb + " " + this), () -> context.gate().run(work));
    }

    /** Runs one operation without a result as {@link #attempting(String, Supplier)} does. */
    void attempting(String verb, Runnable work) {
        attempting(verb, () -> {
            work.run();
            return domid;
        });
    }

    /** Runs one operation while no other thread of this toolstack changes the domain. */
    <T> T exclusively(String verb, Supplier<T> work) {
        return context.exclusively(domid, () -> attempting(verb, work));
    }

    /** Runs one operation without a result as {@link #exclusively(String, Supplier)} does. */
    void exclusively(String verb, Runnable work) {
        context.exclusively(domid, () -> attempting(verb, work));
    }

    /**
     * Reads Xen's description of the domain.
     *
     * @throws DomainGoneException if the domain is gone
     */
    DomainInfo info(String verb) {
        return find().orElseThrow(() -> gone(verb));
    }

    /**
     * Reads Xen's description of a domain that is to be changed.
     *
     * @throws DomainGoneException if the domain is gone
     * @throws DomainStateException if the guest has suspended itself: the change would be lost, or would miss the copy
     */
    DomainInfo changeable(String verb) {
        DomainInfo info = info(verb);
        if (info.shutdown() && info.shutdownReason() == ShutdownReason.SUSPEND.code()) {
            throw new DomainStateException(
                    verb + " " + this
                            + ": the guest has suspended itself, because a toolstack saves or migrates it; try again afterwards");
        }
        return info;
    }

    /** Reads Xen's description of the domain; empty if the domain is gone. */
    Optional<DomainInfo> find() {
        return attempting("looking for", () -> xenctrl().domains().info(domid))
                .filter(info -> info.handle().equals(uuid) && !info.dying());
    }

    boolean exists() {
        return find().isPresent();
    }

    DomainGoneException gone(String verb) {
        Attempt attempt = Attempt.on(domid, uuid, verb + " " + this);
        DomainGoneException gone = new DomainGoneException(attempt + ": the domain is gone");
        gone.during(attempt);
        return gone;
    }

    @Override
    public String toString() {
        return "domain " + domid;
    }
}
