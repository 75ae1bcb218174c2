// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.image.GuestMemory;
import org.xenjava.toolstack.image.PvImagePlan;
import org.xenjava.toolstack.image.pv.MachineFrames;
import org.xenjava.toolstack.image.pv.PvStartInfo;
import org.xenjava.toolstack.operation.Step;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The parts of a create that are particular to PV guests. Their pages are addressed by machine frame: Xen has no table of
 * their own addresses. Mappings are short: Xen refuses page tables that dom0 still maps.
 */
final class PvBuild implements GuestKind {
    private static final int FIRST_VCPU = 0;

    private final GuestBuild guest;
    private final PvImagePlan image;

    PvBuild(GuestBuild guest, PvImagePlan image) {
        this.guest = guest;
        this.image = image;
    }

    private MachineFrames frames() {
        return guest.shell().machineFrames();
    }

    /** The guest's pages by pfn. */
    private GuestMemory memory() {
        return (pfns, writer) -> guest.memory().write(frames().of(pfns), writer);
    }

    @Override
    public void loadImage() {
        image.loadInto(memory());
    }

    @Override
    public List<MemoryMapEntry> memoryMap() {
        return guest.pvMemoryMap();
    }

    @Override
    public GuestPorts.Frames sharedFrames() {
        return new GuestPorts.Frames(
                frames().of(image.layout().store()), frames().of(image.layout().console()));
    }

    @Override
    public List<Step<CreateStep>> startingState() {
        return List.of(
                Step.of(CreateStep.WRITE_START_INFO, this::writeStartInfo),
                Step.of(CreateStep.WRITE_PAGE_TABLES, () -> image.loadTablesInto(memory(), frames())),
                Step.of(CreateStep.PIN_PAGE_TABLES, this::pinPageTables),
                Step.of(CreateStep.SET_VCPU_STATE, this::setVcpuState));
    }

    private void writeStartInfo() {
        long sharedInfo = guest.xenctrl().domains().sharedInfoFrame(guest.domid());
        image.loadStartInfoInto(
                memory(),
                new PvStartInfo.Domain(
                        frames(),
                        sharedInfo,
                        guest.ports().store().port(),
                        guest.ports().console().port()));
        guest.shell().markConsoleDisconnected(guest.ports().console().frame());
        guest.memory().write(sharedInfo << Pages.SHIFT, PvStartInfo.sharedInfo());
    }

    private void pinPageTables() {
        guest.xenctrl()
                .memory()
                .pinPageTables(
                        guest.domid(), frames().of(image.layout().tables().root()));
    }

    private void setVcpuState() {
        image.hypercallPage()
                .ifPresent(page -> guest.xenctrl().domains().initHypercallPage(guest.domid(), frames().of(page)));
        guest.xenctrl().domains().setVcpuContext(guest.domid(), FIRST_VCPU, image.vcpuContext(frames()));
    }

    @Override
    public void writeStore() {
        guest.writeStore(this::writeImage);
    }

    /** The description of the kernel that libxl leaves for a PV guest. */
    private void writeImage(StoreTransaction transaction) {
        DomainConfig config = guest.plan().config();
        String directory = DomainPaths.vm(guest.uuid()) + "/image/";
        transaction.write(directory + "ostype", "linux");
        config.kernel().ifPresent(file -> transaction.write(directory + "kernel", file.toString()));
        config.ramdisk().ifPresent(file -> transaction.write(directory + "ramdisk", file.toString()));
        if (!image.commandLine().isEmpty()) {
            transaction.write(directory + "cmdline", image.commandLine());
        }
    }
}
