// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.sim.RawCalls.refusal;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.EventChannelOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.Pages;

class DomainLifeTest {
    private static final UUID HANDLE = UUID.fromString("12345678-9abc-def0-1234-56789abcdef0");
    private static final CreateDomain PVH =
            new CreateDomain(HANDLE, DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 2, 2);

    private final SimulatedXen machine = SimulatedXen.create();
    private final XenLibraries libraries = machine.connect();
    private final Xenctrl xen = Xenctrl.open(libraries);
    private final RawCalls raw = new RawCalls(libraries.call());

    private static Errno errno(Runnable call) {
        return assertThrows(HypercallException.class, call::run).errno();
    }

    private DomainInfo info(int domid) {
        return xen.domains().info(domid).orElseThrow();
    }

    @Test
    void aNewDomainIsPausedEmptyAndWithoutVcpus() {
        DomainInfo info = info(xen.domains().create(PVH));
        assertTrue(info.paused() && info.hvm() && !info.dying() && !info.shutdown());
        assertEquals(HANDLE, info.handle());
        assertEquals(0, info.totPages());
        assertEquals(0, info.maxPages());
        assertEquals(-1, info.maxVcpuId());
        assertEquals(DomctlOp.EMU_LAPIC, info.emulationFlags());
    }

    @Test
    void domidsAreNotReusedAtOnce() {
        int first = xen.domains().create(PVH);
        xen.domains().destroy(first);
        assertEquals(first + 1, xen.domains().create(PVH));
    }

    @ParameterizedTest
    @CsvSource({
        "flags, 0x1, EOPNOTSUPP", // shadow paging is not there
        "flags, 0x2, EINVAL", // HAP without HVM
        "flags, 0x7, EINVAL", // s3_integrity without tboot
        "flags, 0x23, EINVAL", // no IOMMU
        "flags, 0x83, EINVAL", // no vPMU
        "flags, 0x103, EINVAL",
        "arch.emulation_flags, 0x1ff, EOPNOTSUPP",
        "arch.emulation_flags, 0, EOPNOTSUPP",
        "arch.misc_flags, 2, EINVAL",
        "grant_opts, 0, EINVAL",
        "grant_opts, 3, EINVAL",
        "max_vcpus, 0, EINVAL",
        "max_vcpus, 129, EINVAL",
        "iommu_opts, 1, EINVAL",
        "vmtrace_size, 4096, EINVAL"
    })
    void whatXenDoesNotSupportIsRefused(String field, String value, String expected) {
        long free = xen.host().physInfo().freePages();
        assertEquals(
                expected,
                refusal(() -> createWith(config -> config.set(field, Long.decode(value))))
                        .symbol());
        assertEquals(free, xen.host().physInfo().freePages());
        assertEquals(1, xen.domains().list().size());
    }

    private void createWith(Consumer<StructView> change) {
        raw.domctl(DomctlOp.CREATEDOMAIN, DomctlOp.DOMID_ANY, config -> {
            config.set("flags", 3).set("max_vcpus", 1).set("grant_opts", 1).set("arch.emulation_flags", 1);
            change.accept(config);
        });
    }

    @Test
    void aTakenDomidIsRefused() {
        int taken = xen.domains().create(PVH);
        assertEquals(
                Errno.EEXIST,
                refusal(() -> raw.domctl(DomctlOp.CREATEDOMAIN, taken, config -> config.set("flags", 3)
                        .set("max_vcpus", 1)
                        .set("grant_opts", 1)
                        .set("arch.emulation_flags", 1))));
    }

    @Test
    void anHvmDomainHasEveryEmulatedDeviceOrItIsPvh() {
        xen.domains().create(new CreateDomain(HANDLE, 3, 0x3ff, 1, 2));
        assertEquals(Errno.EOPNOTSUPP, errno(() -> xen.domains().create(new CreateDomain(HANDLE, 3, 0x7, 1, 2))));
    }

    @Test
    void aHostWithoutMemoryForItsStructuresCreatesNoDomain() {
        Xenctrl full = Xenctrl.open(SimulatedXen.builder()
                .hostPages(1000)
                .dom0Pages(900)
                .xenPages(0)
                .build()
                .connect());
        assertEquals(Errno.ENOMEM, errno(() -> full.domains().create(PVH)));
        assertEquals(100, full.host().physInfo().freePages());
        assertEquals(1, full.domains().list().size());
    }

    @Test
    void maxVcpusMustRepeatTheNumberOfCreateDomain() {
        int domid = xen.domains().create(PVH);
        assertEquals(Errno.EINVAL, errno(() -> xen.domains().setMaxVcpus(domid, 1)));
        xen.domains().setMaxVcpus(domid, 2);
        long free = xen.host().physInfo().freePages();
        xen.domains().setMaxVcpus(domid, 2);
        assertEquals(free, xen.host().physInfo().freePages());
        assertEquals(1, info(domid).maxVcpuId());
        assertEquals(0, info(domid).onlineVcpus());
    }

    @Test
    void thePagingPoolHasWholePagesFromTheHost() {
        int domid = xen.domains().create(PVH);
        long free = xen.host().physInfo().freePages();
        xen.memory().setPagingPool(domid, Pages.of(1024));
        assertEquals(free - (1024 - 256), xen.host().physInfo().freePages());
        raw.domctl(DomctlOp.GET_PAGING_MEMPOOL_SIZE, domid, b -> {}, b -> assertEquals(1024 * 4096, b.get("size")));
        assertEquals(
                Errno.EINVAL,
                refusal(() -> raw.domctl(DomctlOp.SET_PAGING_MEMPOOL_SIZE, domid, b -> b.set("size", 4097))));
        assertEquals(Errno.ENOMEM, errno(() -> xen.memory().setPagingPool(domid, Pages.of(1L << 28))));
        assertEquals(0, xen.host().physInfo().freePages(), "what could be had was taken, as real Xen does");
        xen.memory().setPagingPool(domid, Pages.of(300));
        assertEquals(free - (300 - 256), xen.host().physInfo().freePages());
        assertEquals(Errno.EOPNOTSUPP, errno(() -> xen.memory().setPagingPool(0, Pages.of(1))));
    }

    @Test
    void someHvmParametersAreWrittenOnce() {
        int domid = xen.domains().create(PVH);
        xen.hvm().setParam(domid, HvmParam.IOREQ_PFN, 5);
        xen.hvm().setParam(domid, HvmParam.IOREQ_PFN, 5);
        assertEquals(Errno.EEXIST, errno(() -> xen.hvm().setParam(domid, HvmParam.IOREQ_PFN, 6)));
        xen.hvm().setParam(domid, HvmParam.STORE_PFN, 5);
        xen.hvm().setParam(domid, HvmParam.STORE_PFN, 6);
        assertEquals(6, xen.hvm().param(domid, HvmParam.STORE_PFN));
    }

    @ParameterizedTest
    @CsvSource({
        "TIMER_MODE, 4",
        "VIRIDIAN, 2",
        "VIRIDIAN, 0x10001",
        "ACPI_S_STATE, 1",
        "ALTP2M, 4",
        "TRIPLE_FAULT_REASON, 6",
        "NR_IOREQ_SERVER_PAGES, 0",
        "NR_IOREQ_SERVER_PAGES, 65"
    })
    void someHvmParametersHaveARange(HvmParam param, String value) {
        int domid = xen.domains().create(PVH);
        assertEquals(Errno.EINVAL, errno(() -> xen.hvm().setParam(domid, param, Long.decode(value))));
    }

    @Test
    void hvmParametersOfPvDomainsAndObsoleteOnesAreInvalid() {
        assertEquals(Errno.EINVAL, errno(() -> xen.hvm().setParam(0, HvmParam.STORE_PFN, 1)));
        int domid = xen.domains().create(PVH);
        try (HypercallBuffer buffer = raw.calls.allocBuffer(16)) {
            StructView arg = raw.abi.struct("xen_hvm_param").at(buffer.bytes(), 0);
            for (int index : new int[] {24, 13, 39, 1000}) {
                arg.set("domid", domid).set("index", index).set("value", 1);
                assertEquals(
                        Errno.EINVAL, refusal(() -> raw.calls.call(Hypercall.HVM_OP.number(), 0, buffer.address())));
            }
        }
    }

    @Test
    void portsAreNumberedFromOneAndReportTheirState() {
        int domid = xen.domains().create(PVH);
        assertEquals(1, xen.events().allocUnboundPort(domid, 0));
        assertEquals(2, xen.events().allocUnboundPort(domid, 0));
        assertEquals(1, status(domid, 2));
        int local = libraries.eventChannels().bindInterdomain(domid, 2);
        assertEquals(2, status(domid, 2));
        assertEquals(Errno.EINVAL, refusal(() -> libraries.eventChannels().bindInterdomain(domid, 2)));
        libraries.eventChannels().unbind(local);
        assertEquals(1, status(domid, 2));
        assertEquals(0, status(domid, 77));
        assertEquals(Errno.ESRCH, errno(() -> xen.events().allocUnboundPort(999, 0)));
    }

    private int status(int domid, int port) {
        try (HypercallBuffer buffer = raw.calls.allocBuffer(24)) {
            StructView arg = raw.abi.struct("evtchn_status").at(buffer.bytes(), 0);
            arg.set("dom", domid).set("port", port);
            raw.calls.call(Hypercall.EVENT_CHANNEL_OP.number(), EventChannelOp.STATUS.number(), buffer.address());
            return arg.getInt("status");
        }
    }

    @Test
    void vcpuStateIsCheckedAndBringsVcpusUp() {
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 256, 512);
        byte[] context = xen.hvm().context(guest.domid);
        assertEquals(1464 + 8 + 1032, context.length, "a fresh stream, and the CPU record that was loaded");
        xen.hvm().setContext(guest.domid, context);
        assertEquals(1, info(guest.domid).onlineVcpus());

        byte[] wrongMagic = context.clone();
        wrongMagic[8]++;
        assertEquals(Errno.EINVAL, errno(() -> xen.hvm().setContext(guest.domid, wrongMagic)));
        byte[] cut = Arrays.copyOf(context, 32);
        assertEquals(Errno.ENODATA, errno(() -> xen.hvm().setContext(guest.domid, cut)));
        assertEquals(0, info(guest.domid).onlineVcpus(), "loading takes every vCPU down first");
        byte[] noCr0 = context.clone();
        noCr0[32 + 8 + 656] = 0;
        assertEquals(Errno.EINVAL, errno(() -> xen.hvm().setContext(guest.domid, noCr0)));
    }

    @Test
    void aFreshStreamHasTheRecordedLengthForEachKindAndNumberOfVcpus() {
        int pvh = xen.domains().create(new CreateDomain(HANDLE, 3, 1, 1, 2));
        xen.domains().setMaxVcpus(pvh, 1);
        assertEquals(1464, xen.hvm().context(pvh).length);
        int hvm = xen.domains().create(new CreateDomain(HANDLE, 3, 0x3ff, 1, 2));
        xen.domains().setMaxVcpus(hvm, 1);
        assertEquals(3072, xen.hvm().context(hvm).length);
        int smp = xen.domains().create(new CreateDomain(HANDLE, 3, 1, 4, 2));
        xen.domains().setMaxVcpus(smp, 4);
        assertEquals(5568, xen.hvm().context(smp).length);
        raw.domctl(DomctlOp.GETHVMCONTEXT, smp, b -> {}, b -> assertEquals(13040, b.get("size")));
    }

    @Test
    void pausesAreCounted() {
        int domid = LibxlStyleBuild.pvh(xen, 256, 512).domid;
        xen.domains().pause(domid);
        xen.domains().unpause(domid);
        assertTrue(info(domid).paused());
        xen.domains().unpause(domid);
        assertFalse(info(domid).paused());
        assertEquals(Errno.EINVAL, errno(() -> xen.domains().unpause(domid)));
        for (int i = 0; i < 255; i++) {
            xen.domains().pause(domid);
        }
        assertEquals(Errno.EOVERFLOW, errno(() -> xen.domains().pause(domid)));
        assertEquals(Errno.EINVAL, errno(() -> xen.domains().pause(0)));
    }

    @Test
    void theCpuPolicyIsFinalOnceTheDomainHasRun() {
        int domid = LibxlStyleBuild.pvh(xen, 256, 512).domid;
        CpuPolicy policy = new CpuPolicy(xen.host().defaultHvmCpuPolicy().leaves(), List.of());
        xen.domains().setCpuPolicy(domid, policy);
        xen.domains().unpause(domid);
        assertEquals(Errno.EEXIST, errno(() -> xen.domains().setCpuPolicy(domid, policy)));
    }

    @Test
    void withoutASeededGrantTableADomainCannotBeIntroduced() {
        int domid = xen.domains().create(PVH);
        int port = xen.events().allocUnboundPort(domid, 0);
        assertEquals(Errno.EINVAL, refusal(() -> libraries.store().introduceDomain(domid, 0xfeffc, port)));
        assertEquals(Errno.ENOENT, refusal(() -> libraries.store().introduceDomain(999, 0xfeffc, port)));
    }

    @Test
    void aDomainWithAPortReservedForAnotherDomainCannotBeIntroduced() {
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 256, 512);
        int toAnother = xen.events().allocUnboundPort(guest.domid, 5);
        libraries.store().releaseDomain(guest.domid);
        assertEquals(Errno.EINVAL, refusal(() -> libraries.store().introduceDomain(guest.domid, 0xfeffc, toAnother)));
        libraries.store().introduceDomain(guest.domid, 0xfeffc, 1);
        libraries.store().introduceDomain(guest.domid, 0xfeffc, 1);
    }

    @Test
    void eventsArriveAtTheOtherEnd() {
        int domid = xen.domains().create(PVH);
        XenLibraries other = machine.connect();
        int there = other.eventChannels().bindUnboundPort(0);
        int here = libraries.eventChannels().bindInterdomain(0, there);
        libraries.eventChannels().notify(here);
        assertEquals(there, other.eventChannels().pending());
        other.eventChannels().unmask(there);
        assertEquals(Errno.EINVAL, refusal(() -> libraries.eventChannels().notify(there + 100)));
        assertTrue(xen.domains().info(domid).isPresent());
    }
}
