// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

/** The behaviour of a simulated hotplug script. */
public enum HotplugBehaviour {
    /** Connects the device, and writes the nodes that say so. */
    WORKS,
    /** Ends with status 0 and does nothing. */
    DOES_NOTHING,
    /** Ends with status 1 and writes an error into xenstore. */
    FAILS,
    /** Does not end. The time that its caller waits is not simulated. */
    HANGS
}
