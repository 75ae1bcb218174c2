// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.image.HvmImagePlan;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.operation.Step;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;

/** The parts of a create that are particular to HVM guests. */
final class HvmBuild implements GuestKind {
    /** {@code XEN_HVM_MCA_CAP_LMCE}, the only such feature. */
    private static final long LMCE = 1;

    private final GuestBuild guest;
    private final HvmConfig machine;
    private final HvmImagePlan image;

    HvmBuild(GuestBuild guest, HvmImagePlan image) {
        this.guest = guest;
        this.machine = guest.plan().config().hvm().orElseThrow();
        this.image = image;
    }

    @Override
    public void loadImage() {
        guest.loadImage(image);
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
        if (!machine.viridian().isEmpty()) {
            guest.set(HvmParam.VIRIDIAN, Viridian.mask(machine.viridian()));
        }
        if (!machine.platform().machineChecks().isEmpty()) {
            guest.set(HvmParam.MCA_CAP, LMCE);
        }
        guest.setSharedParams();
        guest.set(HvmParam.IOREQ_SERVER_PFN, HvmLayout.FIRST_IOREQ_SERVER_GFN);
        guest.set(HvmParam.NR_IOREQ_SERVER_PAGES, HvmLayout.IOREQ_SERVER_PAGES);
    }

    private void setVcpuState() {
        guest.bootVcpu(guest.vcpuState(), image);
    }

    @Override
    public void writeStore() {
        guest.writeStore(new HvmXenstoreNodes(guest.domid(), guest.uuid(), machine, Optional.of(image))::write);
    }
}
