// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * A node in xenstore that names the process which holds something, and is void once that process is known to be dead.
 * Every method works in the caller's transaction, so that a lease is taken together with what it protects.
 */
public final class Lease {
    private final LeaseHolder holder;
    private final String path;

    Lease(LeaseHolder holder, String path) {
        this.holder = holder;
        this.path = path;
    }

    /** What a lease's node says. */
    public enum State {
        /** Nobody holds it. */
        FREE,
        /** This holder has it. */
        OURS,
        /** Its process is dead: it may be taken over. */
        ABANDONED,
        /** Another process has it, or may have it. */
        HELD
    }

    /** The node. */
    public String path() {
        return path;
    }

    /** What the node says now. */
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

    /** The process that holds it, as messages name it; empty if it is free. */
    public Optional<String> heldBy(StoreTransaction transaction) {
        return transaction.read(path).filter(text -> !text.isEmpty());
    }

    /**
     * Takes it, unless another process has it or may have it.
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

    /**
     * Takes it if nobody holds it, dead or alive.
     *
     * @return who holds it; empty if it was free, and is ours now
     */
    public Optional<String> takeIfFree(StoreTransaction transaction) {
        Optional<String> other = heldBy(transaction);
        if (other.isEmpty()) {
            transaction.write(path, holder.signature());
        }
        return other;
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
