// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import java.util.Locale;
import org.xenjava.toolstack.error.OperationStep;

/** The steps of a removal, in their order. */
public enum RemovalStep implements OperationStep {
    /** Other processes find a removal by its record if this one fails or its process dies. */
    RECORD_REMOVAL("record the removal"),
    /** A guest that runs can change its nodes while they are removed. */
    PAUSE_DOMAIN("pause the domain"),
    /** QEMU ends, if the domain has one. */
    STOP_DEVICE_MODEL("stop the device model"),
    /** Disks, network cards and PCI devices, with the loop devices and interfaces behind them. */
    DETACH_DEVICES("detach the devices"),
    /** The nodes say what the earlier steps have to remove, so they stay if one of these failed. */
    REMOVE_NODES("remove the nodes from xenstore"),
    /** The files in which libxl stores something of the domain. */
    REMOVE_STORED_CONFIG("remove the configuration stored for libxl"),
    /** Xen destroys the domain. */
    DESTROY_DOMAIN("destroy the domain"),
    /** Other guests get the domain's PCI devices only once the domain and its QEMU are gone. */
    RELEASE_PCI_DEVICES("make the PCI devices assignable"),
    /** The removal is complete. */
    CLOSE_RECORD("remove the record of the removal");

    private final String words;

    RemovalStep(String words) {
        this.words = words;
    }

    @Override
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public String words() {
        return words;
    }
}
