// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * A node in xenstore that names the process that holds a resource. The lease is void once that process is known to be
 * dead. Every method works in the caller's transaction, so a lease is taken together with the resource.
 */
public final class Lease {
    private final LeaseHolder holder;
    private final String path;

    Lease(LeaseHolder holder, String path) {
        this.holder = holder;
        this.path = path;
    }

    /** The state of a lease. */
    public enum State {
        /** No process holds the lease. */
        FREE,
        /** This holder has the lease. */
        OURS,
        /** The process of the holder is dead, so the lease may be taken over. */
        ABANDONED,
        /** Another process has the lease, or may have it. */
        HELD
    }

    /** The path of the node. */
    public String path() {
        return path;
    }

    /** The present state. */
    public State state(StoreTransaction transaction) {
        return state(transaction.read(path));
    }

    private State state(Optional<String> signature) {
        if (signature.filter(text -> !text.isEmpty()).isEmpty()) {
            return State.FREE;
        }
        if (signature.get().equals(holder.signature())) {
            return State.OURS;
        }
        return holder.liveness(signature.get()) == Liveness.DEAD ? State.ABANDONED : State.HELD;
    }

    /** The name of the holding process for messages; empty if the lease is free. */
    public Optional<String> heldBy(StoreTransaction transaction) {
        return transaction.read(path).filter(text -> !text.isEmpty());
    }

    /**
     * Takes the lease, unless another process has it or may have it.
     *
     * @return the state before; {@link State#HELD} means that nothing was changed
     */
    public State take(StoreTransaction transaction) {
        State before = state(transaction);
        if (before != State.HELD) {
            transaction.write(path, holder.signature());
        }
        return before;
    }

    /** Removes the node if it is ours, and each parent that is left empty; answers whether it was ours. */
    public boolean release(StoreTransaction transaction) {
        boolean ours = state(transaction) == State.OURS;
        if (ours) {
            transaction.removeWithEmptyParents(path);
        }
        return ours;
    }
}
