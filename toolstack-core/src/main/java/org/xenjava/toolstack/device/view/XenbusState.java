// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;

/** Where one end of a device is on its way: the {@code state} node, {@code enum xenbus_state} of io/xenbus.h. */
public enum XenbusState {
    /** There is no such end, or it says nothing that is known. */
    UNKNOWN,
    INITIALISING,
    INIT_WAIT,
    INITIALISED,
    CONNECTED,
    CLOSING,
    CLOSED,
    RECONFIGURING,
    RECONFIGURED;

    /** {@return the state that the node holds} */
    public static XenbusState of(Optional<Long> node) {
        return node.filter(number -> number > 0 && number < values().length)
                .map(number -> values()[number.intValue()])
                .orElse(UNKNOWN);
    }

    /** {@return the text of the node} */
    public String word() {
        return Integer.toString(ordinal());
    }
}
