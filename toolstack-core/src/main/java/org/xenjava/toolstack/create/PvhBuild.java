// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.image.VcpuState;

/** The parts of a create that are particular to PVH guests. */
final class PvhBuild implements GuestKind {
    private final GuestBuild guest;
    private final PvhImagePlan image;

    PvhBuild(GuestBuild guest, PvhImagePlan image) {
        this.guest = guest;
        this.image = image;
    }

    @Override
    public void loadImage() {
        guest.loadImage(image);
        guest.shell().populateExactly(image.acpiFrames().gfns(), "pages for ACPI tables");
        image.loadAcpiInto(guest.memory());
    }

    @Override
    public void setHvmParams() {
        guest.setTimerParams();
        guest.setSharedParams();
    }

    @Override
    public void setVcpuState() {
        VcpuState state = guest.vcpuState();
        for (int cpu = 0; cpu < guest.plan().config().maxVcpus(); cpu++) {
            guest.xenctrl().hvm().setContext(guest.domid(), state.mtrr(cpu));
        }
        guest.bootVcpu(state, image);
    }

    @Override
    public void writeStore() {
        guest.writeStore(transaction -> {});
    }
}
