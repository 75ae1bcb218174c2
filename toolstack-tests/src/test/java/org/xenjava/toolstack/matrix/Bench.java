// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.pod.GuardListener;

/** The place where one cell is tried: a Xen, and a way to give the guest orders. */
public interface Bench extends AutoCloseable {
    /** Builds the cell's guest and leaves it paused. */
    Domain create();

    /** From here on somebody watches over the host's domains. */
    void guard(GuardListener listener);

    /** Starts the guest, and returns when its balloon driver has come to its end. */
    void boot(Domain domain);

    /** Lets some time pass in which the guard may act. */
    void pass();

    /** Has the guest fill all its memory with data, and returns when it has, or is dead. */
    void load(Domain domain);

    /** What Xen has printed. */
    String console();

    @Override
    void close();
}
