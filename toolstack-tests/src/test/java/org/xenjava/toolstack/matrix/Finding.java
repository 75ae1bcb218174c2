// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import java.util.Optional;

/**
 * The fate of one guest. Counts are pages.
 *
 * @param owned what the domain owned when its driver, and the guard, had come to an end
 * @param debt entries without a page then; negative for a surplus
 * @param lent by the guard
 * @param guard how the guard left it, and why; empty where nobody guards
 * @param crash what Xen printed when it killed the guest under load; empty if the guest filled all its memory
 */
public record Finding(long owned, long debt, long lent, Optional<String> guard, Optional<String> crash) {

    /** Whether it filled all its memory. */
    public boolean lived() {
        return crash.isEmpty();
    }

    /** The same as it would be for a domain with any other number. */
    public Finding ofAnyDomain() {
        return new Finding(owned, debt, lent, guard.map(Finding::withoutDomid), crash.map(Finding::withoutDomid));
    }

    private static String withoutDomid(String text) {
        return text.replaceAll("(?<=[Dd]om|domain/|shutdown )\\d+", "N");
    }
}
