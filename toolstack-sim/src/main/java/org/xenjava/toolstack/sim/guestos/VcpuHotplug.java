// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import org.xenjava.toolstack.sim.guest.GuestIdentity;

/**
 * The vCPUs of a guest's operating system. Linux in a PVH guest follows {@code cpu/N/availability} in xenstore. In an HVM
 * guest it ignores these nodes and starts the vCPUs that the device model has; ACPI announces those that are added
 * later, and none can be removed. vCPU 0 is always online.
 */
final class VcpuHotplug {
    private static final String ONLINE = "online";

    private final GuestMachine machine;

    VcpuHotplug(GuestMachine machine) {
        this.machine = machine;
    }

    void start() {
        if (machine.vcpus() == 1) {
            return;
        }
        if (machine.identity().kind() == GuestIdentity.Kind.HVM) {
            startPlugged();
        } else {
            machine.watch("cpu", this::followXenstore);
        }
    }

    /** Starts the vCPUs that the device model has and that are offline. */
    void startPlugged() {
        for (int vcpu = 1; vcpu < machine.vcpus(); vcpu++) {
            if (machine.isPlugged(vcpu)) {
                machine.startVcpu(vcpu);
            }
        }
    }

    private void followXenstore() {
        for (int vcpu = 1; vcpu < machine.vcpus(); vcpu++) {
            if (machine.read("cpu/" + vcpu + "/availability")
                    .filter(ONLINE::equals)
                    .isPresent()) {
                machine.startVcpu(vcpu);
            } else {
                machine.stopVcpu(vcpu);
            }
        }
    }
}
