// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;

/**
 * A channel of a domain as recorded in xenstore, attached by this or another toolstack.
 *
 * @param devid number of the channel, from 1
 * @param name name that the guest sees
 * @param connection {@code pty} for a terminal, {@code socket} for a Unix socket
 * @param path path of the terminal or socket in dom0; empty for a terminal that QEMU has not made
 * @param frontState state of the guest's end
 * @param backState state of QEMU's end
 * @param eventChannel the guest's port, once it has one
 * @param ringRef the guest's grant reference of the ring, once it has one
 * @param backPath the back end's directory in xenstore
 */
public record AttachedChannel(
        int devid,
        String name,
        String connection,
        Optional<String> path,
        XenbusState frontState,
        XenbusState backState,
        Optional<Long> eventChannel,
        Optional<Long> ringRef,
        String backPath) {}
