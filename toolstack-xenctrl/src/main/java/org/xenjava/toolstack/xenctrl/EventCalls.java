// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.abi.EventChannelOp;

/** Hypercalls about event channels of other domains. */
public final class EventCalls {
    private final HypercallFactory calls;

    EventCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /** {@code EVTCHNOP_alloc_unbound} in the guest: a port of {@code domid} that {@code remoteDomid} may bind. */
    public int allocUnboundPort(int domid, int remoteDomid) {
        try (PreparedCall call = calls.eventChannelOp(EventChannelOp.ALLOC_UNBOUND, domid)) {
            call.body().set("dom", domid).set("remote_dom", HypercallFactory.requireDomid(remoteDomid));
            call.issue();
            return call.body().getInt("port");
        }
    }
}
