// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;

/** States of one end of a device: the {@code state} node, {@code enum xenbus_state} of io/xenbus.h. */
public enum XenbusState {
    /** The end does not exist, or its state is not valid. */
    UNKNOWN,
    /** The end exists and has announced nothing. */
    INITIALISING,
    /** The back end waits for the front end. */
    INIT_WAIT,
    /** The end has announced its details and waits for the other one. */
    INITIALISED,
    /** The end serves the device. */
    CONNECTED,
    /** The end is releasing the device. */
    CLOSING,
    /** The end has released the device. */
    CLOSED,
    /** The end is changing its settings while it stays connected. */
    RECONFIGURING,
    /** The end has changed its settings. */
    RECONFIGURED;

    /**
     * {@return the state in a node}
     *
     * @param node the number in the node, if there is one
     */
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
