// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.image.VcpuState;
import org.xenjava.toolstack.operation.Step;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;

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
    public List<MemoryMapEntry> memoryMap() {
        return image.memoryMap();
    }

    @Override
    public GuestPorts.Frames sharedFrames() {
        return GuestPorts.Frames.SPECIAL_PAGES;
    }

    @Override
    public List<Step<CreateStep>> startingState() {
        return List.of(
                Step.of(CreateStep.SET_HVM_PARAMETERS, this::setHvmParams),
                Step.of(CreateStep.SET_VCPU_STATE, this::setVcpuState));
    }

    private void setHvmParams() {
        guest.setTimerParams();
        guest.setSharedParams();
    }

    private void setVcpuState() {
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
