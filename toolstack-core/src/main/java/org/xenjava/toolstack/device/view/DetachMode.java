// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

/** The treatment of a device that a running guest does not release. */
public enum DetachMode {
    /** The device stays until the guest releases it. Detaching fails and can be repeated. */
    IF_GUEST_AGREES,
    /** The device is removed, and the guest sees errors. */
    FORCE
}
