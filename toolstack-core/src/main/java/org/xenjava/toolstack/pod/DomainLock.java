// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** Keeps two threads of this process from changing the memory of one domain at once. */
@FunctionalInterface
public interface DomainLock {
    /** Nobody else changes domains. */
    DomainLock NONE = (domid, work) -> {
        work.run();
        return true;
    };

    /**
     * Runs {@code work} while nobody else changes that domain, unless somebody does so now: a guard never waits for
     * one domain while others need it.
     *
     * @return false if somebody changes the domain; then {@code work} was not run
     */
    boolean tryExclusively(int domid, Runnable work);
}
