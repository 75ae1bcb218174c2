// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import org.xenjava.toolstack.trace.format.RunContent;

/** The form in which a trace holds the guest memory that was written through a mapping. */
public enum Contents {
    /** A SHA-256 of each run of pages: small, and enough to notice any difference. */
    HASH(RunContent.HASH),
    /** Every byte: a replay can show the difference itself; the trace is as large as the kernel that was loaded. */
    FULL(RunContent.FULL);

    private final RunContent form;

    Contents(RunContent form) {
        this.form = form;
    }

    RunContent form() {
        return form;
    }
}
