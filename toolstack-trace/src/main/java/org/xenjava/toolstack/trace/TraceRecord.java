// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** One call of a trace. */
public sealed interface TraceRecord permits HypercallRecord, GuestWrite, TracedCall {
    /** {@return the position of the call in the trace, from 1} */
    int sequence();

    /** {@return the errno of a failed call} */
    Optional<Errno> failure();
}
