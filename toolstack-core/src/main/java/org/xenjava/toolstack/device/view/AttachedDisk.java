// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;

/**
 * A disk of a domain as recorded in xenstore, attached by this or another toolstack.
 *
 * @param number Xen's number of the disk, such as 51712
 * @param vdev name of the disk, such as {@code xvda}; empty if the other toolstack did not record it
 * @param backend the server: {@code vbd} for blkback, {@code qdisk} for QEMU
 * @param params the target of blkback or QEMU: a path, for QEMU behind the format
 * @param mode {@code r} or {@code w}
 * @param deviceType {@code disk} or {@code cdrom}
 * @param frontState state of the guest's end
 * @param backState state of the server's end
 * @param eventChannel the guest's port, once it has one
 * @param ringRef the guest's grant reference of the ring, once it has one
 * @param backPath the back end's directory in xenstore
 * @param problem the error that Linux' back end reports, if any
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
        Optional<String> problem) {
    /** {@return the number of the domain that serves the device: 0, or a driver domain} */
    public int backendDomid() {
        return BackPath.domid(backPath);
    }
}
