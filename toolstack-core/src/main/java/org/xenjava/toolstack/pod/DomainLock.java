// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** Keeps two threads of this process from changing the memory of one domain at once. */
@FunctionalInterface
public interface DomainLock {
    /** Nobody else changes domains. */
    DomainLock NONE = (domid, work) -> work.run();

    /** Runs {@code work} while nobody else changes that domain. */
    void exclusively(int domid, Runnable work);
}
