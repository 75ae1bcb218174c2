// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** Excludes threads of this process from changing the memory of one domain at the same time. */
@FunctionalInterface
public interface DomainLock {
    /** A lock for a process in which nothing else changes domains. */
    DomainLock NONE = (domid, work) -> {
        work.run();
        return true;
    };

    /**
     * Runs {@code work} unless another thread changes that domain now. A guard never waits for one domain while
     * others need it.
     *
     * @param domid number of the domain
     * @param work the work
     * @return false if another thread changes the domain; the work did not run
     */
    boolean tryExclusively(int domid, Runnable work);
}
