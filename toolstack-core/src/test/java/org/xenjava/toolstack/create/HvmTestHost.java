// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.pci.PciHost;
import org.xenjava.toolstack.device.plan.HardwarePlan;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.device.pv.HostProbe;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.device.usb.UsbHost;
import org.xenjava.toolstack.image.TestFirmware;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.resize.BootBacking;
import org.xenjava.toolstack.resize.MemoryResize;
import org.xenjava.toolstack.room.RoomMaker;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A simulated machine with firmware and a device model for HVM guests. */
final class HvmTestHost implements AutoCloseable {
    static final Instant NOW = Instant.ofEpochSecond(1_795_350_790L);

    private static final Path MACHINE = machine();

    final SimulatedXen xen;
    /** Another process: sees the machine, and hears of no fault. */
    final XenLibraries observer;

    final FaultInjection faults;
    final Xenctrl xenctrl;
    final StoreClient store;
    private final WatchHub events;
    final TestDeviceModel deviceModel;
    final BuildJournal journal;
    private final PodPolicy policy;
    private final BackedBoot backedBoot;

    HvmTestHost(SimulatedXen.Builder machine, PodPolicy policy) {
        this(machine, policy, BackedBoot.off());
    }

    HvmTestHost(SimulatedXen.Builder machine, PodPolicy policy, BackedBoot backedBoot) {
        this.xen = machine.build();
        this.backedBoot = backedBoot;
        this.policy = policy;
        observer = xen.connect();
        faults = FaultInjection.around(xen.connect());
        xenctrl = Xenctrl.open(faults);
        store = new StoreClient(faults.store());
        events = new WatchHub(observer.store());
        deviceModel = new TestDeviceModel(xen.host(observer).deviceModels(), faults::isKilled);
        journal = new BuildJournal(store, ProcessIdentity.named("test"));
    }

    static HvmTestHost create() {
        return new HvmTestHost(SimulatedXen.builder(), PodPolicy.standard());
    }

    static DomainConfig.Builder guest(String name, long memoryMib, long maxMemoryMib, Vga vga) {
        return DomainConfig.builder(name)
                .type(DomainType.HVM)
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib)
                .hvm(HvmConfig.builder().graphics(GraphicsConfig.of(vga)).build());
    }

    /** One that is built in no time: its BIOS is the same tiny program. */
    static DomainConfig tinyGuest() {
        Path program = MACHINE.resolve("usr/lib/xen-4.17/boot/tiny");
        Firmware firmware = new Firmware(
                Bios.SEABIOS, Optional.of(program), Optional.of(program), Optional.empty(), Optional.empty());
        HvmConfig machine = HvmConfig.builder()
                .graphics(GraphicsConfig.of(Vga.NONE))
                .firmware(firmware)
                .build();
        return guest("tiny", 2, 4, Vga.NONE).hvm(machine).build();
    }

    int build(DomainConfig config) {
        return build(config, CreateListener.NONE, new Cancellation());
    }

    int build(DomainConfig config, CreateListener listener, Cancellation cancellation) {

        Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
        return new DomainBuilder(
                        xenctrl,
                        store,
                        journal,
                        policy,
                        images,
                        new HostProbe(
                                machine(faults),
                                XenRelease.V4_17.toString(),
                                deviceModels().trials(),
                                Confinement.WHERE_POSSIBLE,
                                HotplugPolicy.RUN,
                                store),
                        devices(),
                        deviceModels(),
                        pci(xenctrl, store, faults),
                        new UsbHost(
                                xenctrl,
                                store,
                                faults.hostDevices(),
                                ProcessIdentity.named("test"),
                                new EjectWait(Duration.ZERO, xen::advance),
                                domid -> Optional.empty()),
                        clock,
                        new Random(153),
                        new BootBacking(xenctrl, store, ProcessIdentity.named("test"), backedBoot, xen::advance),
                        removal(),
                        new RoomMaker(
                                xenctrl,
                                store,
                                xen.host().controlDomain(),
                                RoomPolicy.never(),
                                RoomMaker.Reservations.NONE,
                                xen::advance),
                        Userdata.none())
                .build(config, listener, cancellation)
                .domid();
    }

    DomainRemoval removal() {
        return new DomainRemoval(
                xenctrl,
                store,
                devices(),
                pci(xenctrl, store, faults),
                deviceModels(),
                ProcessIdentity.named("test"),
                Userdata.none());
    }

    /** The PCI devices of a host that has none. */
    static PciHost pci(Xenctrl xenctrl, StoreClient store, XenLibraries process) {
        return new PciHost(
                xenctrl,
                store,
                new WatchHub(process.store()),
                process.hostDevices(),
                ProcessIdentity.named("test"),
                new EjectWait(Duration.ZERO, pause -> {}),
                domid -> HardwarePlan.NONE);
    }

    private final ImageFiles images = new ImageFiles();

    private DeviceModels deviceModels() {
        return new DeviceModels(store, events, deviceModel);
    }

    private XenHost machine(XenLibraries libraries) {
        XenHost simulated = xen.host(libraries);
        return new XenHost(
                libraries,
                deviceModel,
                FirmwareFiles.below(MACHINE),
                simulated.guests(),
                simulated.controlDomain(),
                simulated.scripts());
    }

    private PvHost devices() {
        return devices(faults, store, events);
    }

    static PvHost devices(XenLibraries process, StoreClient store, WatchHub events) {
        return new PvHost(
                store,
                events,
                process.hostDevices(),
                HostInventory.assumed(FirmwareFiles.below(MACHINE)),
                SimulatedXen.create().host().scripts(),
                HotplugPolicy.REFUSE,
                Duration.ofMillis(100),
                Map.of());
    }

    void setMemory(int domid, KiB memory) {
        resize().setMemory(info(domid), memory);
    }

    MemoryStatus memory(int domid) {
        return resize().status(info(domid));
    }

    private MemoryResize resize() {
        return new MemoryResize(xenctrl, store, policy, ProcessIdentity.named("test"));
    }

    private DomainInfo info(int domid) {
        return xenctrl.domains().info(domid).orElseThrow();
    }

    MachineState state() {
        return MachineState.of(observer);
    }

    void assertUnchangedSince(MachineState before) {
        assertEquals(List.of(), state().changesSince(before), faults.injected().toString());
    }

    /** With firmware where Debian has it. */
    private static Path machine() {
        try {
            Path root = Files.createTempDirectory("machine");
            write(root.resolve("usr/lib/xen-4.17/boot/hvmloader"), TestFirmware.hvmloader());
            write(root.resolve("usr/lib/xen-4.17/boot/tiny"), TestFirmware.tinyLoader());
            write(root.resolve("usr/share/seabios/bios-256k.bin"), TestFirmware.bios());
            return root;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, byte[] content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, content).toFile().deleteOnExit();
    }

    @Override
    public void close() {
        events.close();
        faults.close();
        observer.close();
    }
}
