// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** One call of a trace. */
public sealed interface TraceRecord permits HypercallRecord, GuestWrite, TracedCall {
    /** Its place in the trace, from 1. */
    int sequence();

    /** Why it failed, if it did. */
    Optional<Errno> failure();
}
