// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.util.Optional;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A reading of the populate-on-demand counters, in the form that all JSON documents share.
 *
 * @param totPages pages that the domain owns
 * @param podCachePages pages that wait for entries; empty if the domain has no counters, as PV domains
 * @param podEntries guest frames that wait for a page
 * @param debt entries less cache pages; negative for a surplus
 */
public record PodNumbers(
        Pages totPages, Optional<Pages> podCachePages, Optional<Pages> podEntries, Optional<Long> debt) {
    public static PodNumbers of(PodStatus pod) {
        return new PodNumbers(
                pod.totPages(), Optional.of(pod.cache()), Optional.of(pod.entries()), Optional.of(pod.debtPages()));
    }

    /** The numbers of a domain that has no counters. */
    public static PodNumbers without(Pages totPages) {
        return new PodNumbers(totPages, Optional.empty(), Optional.empty(), Optional.empty());
    }
}
