// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;

/**
 * A paravirtual keyboard and mouse of a domain as recorded in xenstore, attached by this or another toolstack.
 *
 * @param devid number of the keyboard, from 0
 * @param id text that the guest's driver sees; empty if it has none
 * @param frontState state of the guest's end
 * @param backState state of QEMU's end
 * @param eventChannel the guest's port, once it has one
 * @param ringRef the guest's grant reference of the page, once it has one
 * @param backPath the back end's directory in xenstore
 */
public record AttachedKeyboard(
        int devid,
        Optional<String> id,
        XenbusState frontState,
        XenbusState backState,
        Optional<Long> eventChannel,
        Optional<Long> ringRef,
        String backPath) {}
