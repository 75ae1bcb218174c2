// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

/** Reacts to what happens to domains. Each method is called under the machine's lock. */
public interface DomainListener {
    /** The domain was unpaused and its vCPUs can run. */
    default void runs(XenDomain domain) {}

    /** The ACPI power button of the domain was pressed. */
    default void powerButtonPressed(XenDomain domain) {}

    /** The device model has one more vCPU for the domain. */
    default void vcpuPlugged(XenDomain domain) {}

    /** The domain has shut down; its reason is set. */
    default void hasShutDown(XenDomain domain) {}

    /** The domain was destroyed: it owns nothing more but pages that somebody has mapped. */
    default void wasDestroyed(XenDomain domain) {}

    /** The computer reboots: no domain runs any more. */
    default void hostStops() {}
}
