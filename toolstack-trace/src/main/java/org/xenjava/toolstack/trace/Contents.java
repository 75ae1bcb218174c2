// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

/** What a trace keeps of the guest memory that was written through a mapping. */
public enum Contents {
    /** A SHA-256 of each run of pages: small, and enough to notice any difference. */
    HASH,
    /** Every byte: the difference itself can be shown, and the trace is as large as the kernel that was loaded. */
    FULL
}
