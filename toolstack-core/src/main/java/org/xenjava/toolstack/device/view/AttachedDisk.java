// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;

/**
 * A disk of a domain as xenstore has it, whoever attached it.
 *
 * @param number Xen's number of it, such as 51712
 * @param vdev its name, such as {@code xvda}; empty if whoever attached it left it out
 * @param backend what serves it: {@code vbd} for blkback, {@code qdisk} for QEMU
 * @param params what blkback or QEMU was told to open: a path, for QEMU behind the format
 * @param mode {@code r} or {@code w}
 * @param deviceType {@code disk} or {@code cdrom}
 * @param frontState how far the guest is
 * @param backState how far what serves it is
 * @param eventChannel the guest's port, once it has one
 * @param ringRef the guest's grant reference of the ring, once it has one
 * @param backPath the back end's directory in xenstore
 * @param problem what Linux' back end has complained of, if anything
 */
public record AttachedDisk(
        int number,
        String vdev,
        String backend,
        String params,
        String mode,
        String deviceType,
        XenbusState frontState,
        XenbusState backState,
        Optional<Long> eventChannel,
        Optional<Long> ringRef,
        String backPath,
        Optional<String> problem) {}
