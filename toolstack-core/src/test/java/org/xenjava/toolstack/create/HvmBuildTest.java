// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.TimerMode;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.PlatformConfig;
import org.xenjava.toolstack.config.PlatformConfig.GenerationId;
import org.xenjava.toolstack.config.PlatformConfig.SmbiosString;
import org.xenjava.toolstack.config.ViridianFeature;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

class HvmBuildTest {
    /** What the simulated QEMU takes for the option ROM of a graphics card. */
    static final long ROM_PAGES = 16;

    private static final DomainConfig GUEST =
            HvmTestHost.guest("web", 64, 128, Vga.STDVGA).build();

    private final HvmTestHost host = HvmTestHost.create();
    private final MachineState before = host.state();

    @AfterEach
    void close() {
        host.close();
    }

    /** As recorded from xl, 4096 pages of video RAM and 16 of a ROM included; the slack is ours. */
    @ParameterizedTest
    @CsvSource({"NONE, 0, 0", "STDVGA, 4096, 16"})
    void aPodGuestOwnsWhatXlsOwnsAndTheSlack(Vga vga, long videoPages, long romPages) {
        int domid = host.build(HvmTestHost.guest("d", 256, 512, vga).build());

        PodCounters counters = host.xenctrl.memory().podTarget(domid);
        assertEquals(65504 + 256 + 16 + romPages, counters.totPages());
        assertEquals(65536 - 256, counters.debt());
        DomainInfo info = host.xenctrl.domains().info(domid).orElseThrow();
        assertEquals(65792 + 256, info.maxPages());
        assertEquals(0x3ff, info.emulationFlags());
        assertTrue(info.paused());
        assertEquals(1, info.onlineVcpus());
        // Frames that are touched leave both numbers alone but these: entries that hold pages by now.
        assertEquals(131072 - videoPages - 32 - touched(), counters.entries());
    }

    /** Of the loader 42 pages that are not zero, the BIOS, the start info, the info table, and gfn 0, which Xen looks at. */
    private static long touched() {
        return 42 + 64 + 1 + 1 + 1;
    }

    /** QEMU ends without removing the sockets of its screen. */
    @Test
    void theSocketsThatAGuestNamesAreRemovedWithIt() {
        Vnc screen = new Vnc("unix:/run/web-screen", 0, DisplayChoice.FIRST_FREE, Optional.empty());
        GraphicsConfig graphics = new GraphicsConfig(
                Vga.STDVGA, KiB.ofMiB(16), Optional.of(screen), Optional.empty(), Optional.empty(), Optional.empty());
        OtherDevice agent = new OtherDevice(
                OtherDevice.Kind.CHANNEL, Map.of("name", "agent", "connection", "socket", "path", "/run/web-agent"));
        OtherDevice terminal =
                new OtherDevice(OtherDevice.Kind.CHANNEL, Map.of("name", "terminal", "connection", "pty"));
        DomainConfig config = HvmTestHost.guest("web", 64, 64, Vga.STDVGA)
                .hvm(HvmConfig.builder().graphics(graphics).build())
                .otherDevices(List.of(agent, terminal))
                .uuid(UUID.randomUUID())
                .build();
        List<Path> sockets = List.of(Path.of("/run/web-screen"), Path.of("/run/web-agent"));
        int domid = host.build(config);
        assertEquals(List.of(), host.deviceModel.removedSockets());
        host.removal().remove(domid, config.uuid().orElseThrow());
        assertEquals(sockets, host.deviceModel.removedSockets());

        int second = host.build(config);
        host.deviceModel.failToRemoveSockets();
        host.removal().remove(second, config.uuid().orElseThrow());
        assertTrue(host.xenctrl.domains().info(second).isEmpty());
        assertEquals(List.of(), host.store.list("/libxl"));

        host.deviceModel.atStart(() -> {
            throw new IllegalStateException("no QEMU");
        });
        assertThrows(IllegalStateException.class, () -> host.build(config));
        assertEquals(sockets, host.deviceModel.removedSockets());
    }

    @Test
    void aGuestWithAllItsMemoryHasNoEntries() {
        int domid = host.build(HvmTestHost.guest("e", 128, 128, Vga.STDVGA).build());

        PodCounters counters = host.xenctrl.memory().podTarget(domid);
        assertEquals(0, counters.entries());
        assertEquals(128 * 256 - 32 + 16 + ROM_PAGES, counters.totPages());
    }

    @Test
    void theHvmParametersAreThoseOfXl() {
        int domid = host.build(GUEST);

        Map<HvmParam, Long> recorded = Map.ofEntries(
                Map.entry(HvmParam.HPET_ENABLED, 1L),
                Map.entry(HvmParam.VPT_ALIGN, 1L),
                Map.entry(HvmParam.TIMER_MODE, 1L),
                Map.entry(HvmParam.VIRIDIAN, 0L),
                Map.entry(HvmParam.STORE_PFN, 0xfeffcL),
                Map.entry(HvmParam.BUFIOREQ_PFN, 0xfeffbL),
                Map.entry(HvmParam.IOREQ_PFN, 0xfeffdL),
                Map.entry(HvmParam.CONSOLE_PFN, 0xfefffL),
                Map.entry(HvmParam.PAGING_RING_PFN, 0xfeff8L),
                Map.entry(HvmParam.MONITOR_RING_PFN, 0xfeff9L),
                Map.entry(HvmParam.SHARING_RING_PFN, 0xfeffaL),
                Map.entry(HvmParam.IOREQ_SERVER_PFN, 0xfeff0L),
                Map.entry(HvmParam.NR_IOREQ_SERVER_PAGES, 8L),
                Map.entry(HvmParam.IDENT_PT, 0xfeffe000L),
                Map.entry(HvmParam.CONSOLE_EVTCHN, 2L),
                Map.entry(HvmParam.STORE_EVTCHN, 1L));
        recorded.forEach(
                (param, value) -> assertEquals(value, host.xenctrl.hvm().param(domid, param), param.name()));
    }

    @Test
    void theMachineFollowsTheConfiguration() {
        HvmConfig machine = HvmConfig.builder()
                .graphics(GraphicsConfig.of(Vga.NONE))
                .features(EnumSet.of(HvmFeature.ACPI_S4))
                .viridian(ViridianFeature.DEFAULTS)
                .mmioHole(KiB.of(1 << 20))
                .build();

        int domid = host.build(GUEST.toBuilder()
                .hvm(machine)
                .clock(new ClockConfig(ClockConfig.Base.UTC, 0, TscMode.DEFAULT, TimerMode.ONE_MISSED_TICK_PENDING))
                .build());

        assertEquals(0, host.xenctrl.hvm().param(domid, HvmParam.HPET_ENABLED));
        assertEquals(0, host.xenctrl.hvm().param(domid, HvmParam.VPT_ALIGN));
        assertEquals(3, host.xenctrl.hvm().param(domid, HvmParam.TIMER_MODE));
        assertEquals(0x1865, host.xenctrl.hvm().param(domid, HvmParam.VIRIDIAN));
        String platform = "/local/domain/" + domid + "/platform/";
        assertEquals("0", host.store.read(platform + "acpi").orElseThrow());
        assertEquals("0", host.store.read(platform + "acpi_s3").orElseThrow());
        assertEquals("1", host.store.read(platform + "acpi_s4").orElseThrow());
        assertEquals("1073741824", host.store.read(platform + "mmio_hole_size").orElseThrow());
    }

    @Test
    void aClockThatIsAheadOfUtcIsOneHypercallMore() {
        DomainConfig ahead = GUEST.toBuilder()
                .clock(new ClockConfig(ClockConfig.Base.UTC, 3600, TscMode.NATIVE))
                .build();
        int domid = host.build(GUEST);
        long start = host.faults.calls();
        host.xenctrl.domains().setTimeOffset(domid, 3600);
        long hypercall = host.faults.calls() - start;

        assertEquals(hypercall, callsOfABuild(ahead) - callsOfABuild(GUEST));
    }

    @Test
    void theIdentityOfTheMachineIsInXenstore() {
        HvmConfig machine = HvmConfig.builder()
                .features(Set.of(HvmFeature.ACPI, HvmFeature.APIC))
                .platform(new PlatformConfig(
                        List.of(
                                new SmbiosString(SmbiosString.Kind.SYSTEM_SERIAL_NUMBER, "17"),
                                new SmbiosString(SmbiosString.Kind.OEM, "a"),
                                new SmbiosString(SmbiosString.Kind.OEM, "b")),
                        new GenerationId.Fixed(new UUID(0x0102_0304_0506_0708L, 0x00ff_0000_0000_0000L)),
                        Set.of(),
                        Optional.empty()))
                .build();
        String paths =
                "/local/domain/" + host.build(GUEST.toBuilder().hvm(machine).build());

        assertEquals(
                "17",
                host.store.read(paths + "/bios-strings/system-serial-number").orElseThrow());
        assertEquals("a", host.store.read(paths + "/bios-strings/oem-1").orElseThrow());
        assertEquals("b", host.store.read(paths + "/bios-strings/oem-2").orElseThrow());
        assertEquals(
                Long.toUnsignedString(0x0807_0605_0403_0201L) + ":" + 0xff00,
                host.store.read(paths + "/platform/generation-id").orElseThrow());
        assertEquals(
                "0",
                host.store
                        .read(paths + "/hvmloader/pci/xen-platform-pci-bar-uc")
                        .orElseThrow());
    }

    @Test
    void aRandomGenerationIdIsDecidedOnce() {
        DomainConfig random = GUEST.toBuilder()
                .hvm(HvmConfig.builder()
                        .platform(new PlatformConfig(List.of(), new GenerationId.Random(), Set.of(), Optional.empty()))
                        .build())
                .build();
        DomainConfig decided = random.completed(new Random(1));

        assertInstanceOf(
                GenerationId.Fixed.class, decided.hvm().orElseThrow().platform().generation());
        assertEquals(decided, decided.completed(new Random(2)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            vpmu = 1            | vpmu: Xen was not started with vpmu on its command line
            vmtrace_buf_kb = 64 | vmtrace_buf_kb: the processor or Xen cannot trace
            altp2m_count = 2    | altp2m_count: Xen 4.21 or later has it
            cpuid = ["0x99:eax=00000000000000000000000000000000"] | cpuid: this host's processors have no leaf 0x99
            """)
    void whatXenOrTheProcessorLacksIsRefusedBeforeTheDomainExists(String key, String complaint) {
        DomainConfig config = XlConfigReader.parse("name='x'; type='hvm'; memory=64\n" + key, "f")
                .config();

        ToolstackException e = assertThrows(ToolstackException.class, () -> host.build(config));

        assertTrue(e.getMessage().contains(complaint), e.getMessage());
        host.assertUnchangedSince(before);
    }

    private static long callsOfABuild(DomainConfig config) {
        try (HvmTestHost fresh = HvmTestHost.create()) {
            long start = fresh.faults.calls();
            fresh.build(config);
            return fresh.faults.calls() - start;
        }
    }

    @Test
    void shadowPagingIsRefusedOnAXenWithoutIt() {
        DomainConfig shadow = GUEST.toBuilder()
                .paging(new PagingConfig(PagingConfig.Mode.SHADOW, Optional.empty()))
                .build();

        ToolstackException e = assertThrows(ToolstackException.class, () -> host.build(shadow));

        assertTrue(e.getMessage().contains("Xen reports no shadow paging, which hap = 0 asks for"), e.getMessage());
        host.assertUnchangedSince(before);
    }

    @Test
    void theDeviceModelStartsLastAndFindsItsMemoryClaimed() {
        List<Long> claimed = new ArrayList<>();
        host.deviceModel.atStart(
                () -> claimed.add(host.xenctrl.host().physInfo().outstandingPages()));
        List<CreateStep> steps = new ArrayList<>();

        int domid = host.build(GUEST, progress -> steps.add(progress.step()), new Cancellation());

        assertEquals(List.of("start " + domid), host.deviceModel.events());
        assertEquals(0, host.deviceModel.searches());
        assertTrue(
                steps.indexOf(CreateStep.START_DEVICE_MODEL) > steps.indexOf(CreateStep.INTRODUCE), steps.toString());
        assertEquals(List.of(0L), claimed, "the video RAM has used up the claim");
        assertEquals(0, host.xenctrl.host().physInfo().outstandingPages());
    }

    @Test
    void aHostWithoutRoomForTheVideoRamIsRefusedAtOnce() {
        try (HvmTestHost small = new HvmTestHost(
                SimulatedXen.builder().hostPages(16_683 + 16_384 + 16_000).dom0Pages(16_384), PodPolicy.standard())) {
            MachineState untouched = small.state();

            ToolstackException e = assertThrows(ToolstackException.class, () -> small.build(GUEST));

            assertTrue(e.getMessage().contains("the host cannot give"), e.getMessage());
            assertEquals(List.of(), small.deviceModel.events());
            small.assertUnchangedSince(untouched);
        }
    }

    @Test
    void aDeviceModelThatDoesNotGetReadyIsStoppedBeforeAllElseIsUndone() {
        host.deviceModel.atStart(() -> {
            throw new OperationTimeoutException("building domain web: QEMU is not ready");
        });

        assertThrows(OperationTimeoutException.class, () -> host.build(GUEST));

        assertEquals(List.of("start 1", "stop 1"), host.deviceModel.events());
        host.assertUnchangedSince(before);
    }

    @Test
    void aBuildThatIsCancelledWhileTheDeviceModelStartsLeavesNothing() {
        Cancellation cancellation = new Cancellation();
        host.deviceModel.atStart(cancellation::cancel);

        assertThrows(OperationCancelledException.class, () -> host.build(GUEST, CreateListener.NONE, cancellation));

        assertTrue(host.deviceModel.events().contains("stop 1"));
        host.assertUnchangedSince(before);
    }

    @Test
    void aCallThatFailsAnywhereInTheBuildLeavesNothing() {
        DomainConfig tiny = HvmTestHost.tinyGuest();
        // What the first build has asked of the host is known to the others.
        int first = host.build(tiny);
        host.removal().remove(first, handle(first));
        long start = host.faults.calls();
        int built = host.build(tiny);
        long calls = host.faults.calls() - start;
        host.removal().remove(built, handle(built));
        host.assertUnchangedSince(before);

        for (long n = 1; n <= calls; n++) {
            host.faults.inject(Fault.callFails(n, Errno.EIO));
            assertThrows(ToolstackException.class, () -> host.build(tiny));
            host.faults.heal();
            host.assertUnchangedSince(before);
        }
    }

    private UUID handle(int domid) {
        return host.xenctrl.domains().info(domid).orElseThrow().handle();
    }

    @Test
    void aRemovalStopsTheDeviceModelBeforeItsNodesAreRemoved() {
        int domid = host.build(GUEST);

        host.removal().remove(domid, handle(domid));

        assertEquals("stop " + domid, lastEvent());
        host.assertUnchangedSince(before);
    }

    @Test
    void aDomainIsDestroyedEvenIfXenstoredIsGone() {
        int domid = host.build(GUEST);
        UUID uuid = handle(domid);
        host.faults.inject(Fault.xenstoredGone(1));

        assertThrows(ToolstackException.class, () -> host.removal().remove(domid, uuid));

        assertFalse(host.state().domains().containsKey(domid));
        host.faults.heal();
        host.removal().remove(domid, uuid);
        host.assertUnchangedSince(before);
    }

    @Test
    void theNextProcessStopsTheDeviceModelOfABuildThatWasKilled() {
        host.deviceModel.atStart(() -> host.faults.inject(Fault.processKilled(1)));
        assertThrows(ProcessKilled.class, () -> host.build(GUEST));
        assertEquals(List.of("start 1"), host.deviceModel.events());

        DeviceModelProcesses next = host.xen.host(host.observer).deviceModels();
        assertEquals(1, next.all().size());
        StoreClient store = new StoreClient(host.observer.store());
        WatchHub events = new WatchHub(host.observer.store());
        Xenctrl xenctrl = Xenctrl.open(host.observer);
        BuildJournal journal = new BuildJournal(store, new AfterTheDeath());
        List<UUID> unfinished = journal.unfinished();
        assertEquals(1, unfinished.size());
        DomainRemoval removal = new DomainRemoval(
                xenctrl,
                store,
                HvmTestHost.devices(host.observer, store, events),
                HvmTestHost.pci(xenctrl, store, host.observer),
                new DeviceModels(store, events, next),
                new AfterTheDeath(),
                Userdata.none());
        assertTrue(journal.recover(xenctrl, removal, unfinished.get(0)));
        events.close();
        assertEquals(List.of(), next.all());
        host.assertUnchangedSince(before);
    }

    private static final class AfterTheDeath implements ProcessIdentity {
        @Override
        public String self() {
            return "next";
        }

        @Override
        public Liveness liveness(String identity) {
            return Liveness.DEAD;
        }
    }

    private String lastEvent() {
        List<String> events = host.deviceModel.events();
        return events.get(events.size() - 1);
    }

    @Test
    void aSimulatedHostBuildsHvmGuestsWithoutQemuOrFirmware() {
        try (Toolstack toolstack = Toolstack.options().open(host.xen.host())) {
            Domain domain = toolstack.create(GUEST);

            assertEquals(KiB.ofMiB(64), domain.memory().status().size());
            assertTrue(domain.deviceModel().pid().isPresent());
            domain.destroy();
            host.assertUnchangedSince(before);
        }
    }

    @Test
    void theLossOfAQemuIsReportedAtOnceAndNeverForAGuestWithoutOne() {
        try (Toolstack toolstack = Toolstack.options().open(host.xen.host())) {
            Domain domain = toolstack.create(GUEST);
            assertFalse(domain.deviceModel().death().isDone());

            host.deviceModel.all().get(0).kill();
            assertEquals(
                    domain.domid(), domain.deviceModel().death().getNow(null).domid());
        }
    }

    @Test
    void aGuestIsPlannedForAnUnknownHost() {
        assertEquals(
                GUEST,
                CreatePlan.of(GUEST, PodPolicy.standard(), host.xen.host().firmware())
                        .config());
    }

    @Test
    void missingFirmwareIsReportedBeforeTheFirstChange() {
        Optional<Path> none = Optional.empty();
        HvmConfig machine = HvmConfig.builder()
                .firmware(new Firmware(Bios.OVMF, none, none, none, none))
                .build();

        ToolstackException e = assertThrows(
                ToolstackException.class,
                () -> host.build(GUEST.toBuilder().hvm(machine).build()));

        assertTrue(e.getMessage().contains("/usr/share/ovmf/OVMF.fd"), e.getMessage());
        host.assertUnchangedSince(before);
    }
}
