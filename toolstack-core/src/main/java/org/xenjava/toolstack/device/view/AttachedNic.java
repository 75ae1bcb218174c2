// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;

/**
 * A network card of a domain as xenstore has it, whoever attached it.
 *
 * @param devid which of the domain's cards, from 0
 * @param mac its address
 * @param bridge the bridge it was to join
 * @param type {@code vif}, or {@code vif_ioemu} if the guest has an emulated twin of it
 * @param frontState how far the guest is
 * @param backState how far netback is
 * @param eventChannel the guest's port, once it has one; of a card with several queues, none
 * @param txRingRef the guest's grant reference of the ring for sending, once it has one
 * @param rxRingRef the same for receiving
 * @param backPath the back end's directory in xenstore
 * @param problem what netback has complained of, if anything
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
        Optional<String> problem) {}
