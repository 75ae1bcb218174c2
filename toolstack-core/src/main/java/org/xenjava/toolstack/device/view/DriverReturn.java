// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

/** The driver that a PCI device gets when it is no longer assignable. */
public enum DriverReturn {
    /** The device has no driver. */
    NONE,
    /** The device is bound to the driver that it had before. */
    ORIGINAL
}
