// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** What XSA-153's check utility can find. */
public enum PodVerdict {
    /** Entries are left without a page: a user of the guest may crash it by applying memory load. */
    VULNERABLE,
    /** Every entry has its page. */
    NOT_VULNERABLE,
    /** No entries at all: never in populate-on-demand mode, or not any more. */
    NOT_USING_POD,
    /** More pages in the cache than entries, which a settled domain never shows. */
    SHOULD_NOT_HAPPEN
}
