// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

/** Receives the changes of the devices that a {@link DriverDomain} serves. */
@FunctionalInterface
public interface DriverDomainListener {
    /**
     * Called after a change, on one of the server's threads. Several devices may change at the same time. An exception
     * is logged and has no other effect.
     *
     * @param event the change
     */
    void happened(DriverDomainEvent event);
}
