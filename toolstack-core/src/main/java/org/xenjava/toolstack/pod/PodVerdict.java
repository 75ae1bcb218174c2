// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** The verdicts of XSA-153's check utility. */
public enum PodVerdict {
    /** Entries are left without a page: a user of the guest may crash it by applying memory load. */
    VULNERABLE,
    /** Every entry has its page. */
    NOT_VULNERABLE,
    /** No entries: the guest was never in populate-on-demand mode, or has touched all its memory. */
    NOT_USING_POD,
    /** More pages in the cache than entries, which a settled domain never shows. */
    SHOULD_NOT_HAPPEN
}
