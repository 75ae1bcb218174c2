// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

/** What becomes of a device that a running guest does not give back. */
public enum DetachMode {
    /** It stays until the guest lets go; detaching fails, and can be repeated. */
    IF_GUEST_AGREES,
    /** It is taken from the guest, which sees errors. */
    FORCE
}
