// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.config.TimerMode;
import org.xenjava.toolstack.config.TscMode;
import org.xenjava.toolstack.image.CpuPolicyEdits;
import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.image.VcpuState;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;

/** What the build of a PVH guest has of its own, on top of {@link GuestBuild}. */
final class PvhBuild {
    private final GuestBuild guest;
    private final PvhImagePlan image;

    PvhBuild(GuestBuild guest, PvhImagePlan image) {
        this.guest = guest;
        this.image = image;
    }

    void createDomain() {
        guest.createDomain(DomctlOp.EMU_LAPIC);
    }

    void setCpuPolicy() {
        guest.setCpuPolicy(TscMode.DEFAULT, CpuPolicyEdits::forGuest);
    }

    void loadAcpi() {
        guest.populateExactly(image.acpiFrames().gfns(), "pages for ACPI tables");
        image.loadAcpiInto(guest.memory());
    }

    void setHvmParams() {
        guest.set(HvmParam.TIMER_MODE, TimerMode.NO_DELAY_FOR_MISSED_TICKS.ordinal());
        guest.setSharedParams();
    }

    void setVcpuState() {
        VcpuState state = guest.vcpuState();
        for (int cpu = 0; cpu < guest.plan().config().maxVcpus(); cpu++) {
            guest.xenctrl().hvm().setContext(guest.domid(), state.mtrr(cpu));
        }
        guest.bootVcpu(state);
    }

    void writeStore() {
        guest.writeStore(transaction -> {});
    }
}
