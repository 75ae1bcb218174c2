// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;

/**
 * A network card of a domain as recorded in xenstore, attached by this or another toolstack.
 *
 * @param devid number of the card, from 0
 * @param mac hardware address of the card
 * @param bridge bridge of the card
 * @param type {@code vif}, or {@code vif_ioemu} if QEMU also emulates the card
 * @param frontState state of the guest's end
 * @param backState state of netback's end
 * @param eventChannel the guest's port, once it has one; empty for a card with several queues
 * @param txRingRef the guest's grant reference of the ring for sending, once it has one
 * @param rxRingRef the guest's grant reference of the ring for receiving, once it has one
 * @param backPath the back end's directory in xenstore
 * @param problem the error that netback reports, if any
 */
public record AttachedNic(
        int devid,
        String mac,
        String bridge,
        String type,
        XenbusState frontState,
        XenbusState backState,
        Optional<Long> eventChannel,
        Optional<Long> txRingRef,
        Optional<Long> rxRingRef,
        String backPath,
        Optional<String> problem) {
    /** {@return the number of the domain that serves the device: 0, or a driver domain} */
    public int backendDomid() {
        return BackPath.domid(backPath);
    }
}
