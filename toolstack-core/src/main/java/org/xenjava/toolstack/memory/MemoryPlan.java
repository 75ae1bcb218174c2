// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.PagingConfig.Mode;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * All sizes of a guest's memory, decided before the first hypercall.
 *
 * @param type the kind of guest
 * @param shape memory, maxmem, video RAM and VGA hole
 * @param layout the ranges of RAM
 * @param maxMem {@code XEN_DOMCTL_max_mem}
 * @param podTarget {@code XENMEM_set_pod_target}, if the guest is built in PoD mode; all of its RAM then gets PoD
 *     entries
 * @param claim pages claimed from the host before any is taken: everything that the build allocates for the guest,
 *     including the video RAM that QEMU allocates
 * @param pagingPoolBytes memory for Xen's page tables of the guest, in bytes: 1 MiB per vCPU and 4 KiB per MiB of
 *     maxmem, with shadow paging 8 KiB, as in libxl; or the configured size, if that is more; 0 for a PV guest
 * @param bootTarget {@code memory/target}
 * @param virtualNuma the NUMA nodes that the guest sees
 * @param deviceMemory memory that devices of the host need at the same addresses in the guest
 */
public record MemoryPlan(
        DomainType type,
        GuestShape shape,
        GuestLayout layout,
        KiB maxMem,
        Optional<Pages> podTarget,
        Pages claim,
        long pagingPoolBytes,
        KiB bootTarget,
        VirtualNuma virtualNuma,
        DeviceMemory deviceMemory) {

    private static final long BYTES_PER_KIB = 1024;

    /**
     * {@return the plan of a PVH guest}
     *
     * @param acpiPages pages for the ACPI tables, beside the RAM
     * @param config the guest
     * @param policy the rule for PoD target and slack
     */
    public static MemoryPlan pvh(DomainConfig config, PodPolicy policy, Pages acpiPages) {
        GuestShape shape = GuestShape.pvh(config.memory(), config.maxMemory());
        Pages besideRam = SpecialPage.count().plus(acpiPages);
        GuestLayout layout = GuestLayout.pvh(shape.frames());
        return of(config, policy, shape, layout, DeviceMemory.none(layout.lowMemEnd()), besideRam);
    }

    /**
     * {@return the plan of an HVM guest} QEMU allocates more than its video RAM, 16 pages for a card's option ROM and
     * up to 64 for a network card's: max_mem leaves 272 pages for them with every size and policy.
     *
     * @param machine the machine, which decides the hole for devices and the video RAM
     * @param config the guest
     * @param policy the rule for PoD target and slack
     * @throws ConfigException if maxmem less video RAM is not whole MiB
     */
    public static MemoryPlan hvm(DomainConfig config, HvmConfig machine, PodPolicy policy) {
        return hvm(config, machine, policy, List.of());
    }

    /**
     * {@return the plan of an HVM guest, as {@link #hvm(DomainConfig, HvmConfig, PodPolicy)}, whose RAM leaves out what
     * devices of the host need}
     *
     * @param machine the machine
     * @param config the guest
     * @param policy the rule for PoD target and slack
     * @param reservations the memory that devices need
     * @throws ConfigException if the RAM cannot leave out a range whose policy is strict
     */
    public static MemoryPlan hvm(
            DomainConfig config, HvmConfig machine, PodPolicy policy, List<DeviceMemory.Reservation> reservations) {
        GuestShape shape = GuestShape.hvm(
                config.memory(), config.maxMemory(), machine.graphics().videoRam());
        Pages besideRam = SpecialPage.count()
                .plus(Pages.of(HvmLayout.IOREQ_SERVER_PAGES))
                .plus(shape.videoRam().toPages());
        DeviceMemory devices = DeviceMemory.fit(
                config.name(),
                reservations,
                shape.frames(),
                HvmLayout.mmioHoleStart(machine),
                config.deviceMemoryBoundary());
        GuestLayout layout = GuestLayout.hvm(shape.frames(), devices.holeStart());
        return of(config, policy, shape, layout, devices, besideRam);
    }

    /**
     * {@return the plan of a PV guest} The guest starts with its memory and balloons up to maxmem: Xen has no
     * populate-on-demand for PV guests, and allocates their page tables from their own memory.
     *
     * @param config the guest
     * @param policy the rule for max_mem
     */
    public static MemoryPlan pv(DomainConfig config, PodPolicy policy) {
        GuestShape shape = GuestShape.pvh(config.memory(), config.memory());
        GuestLayout layout = GuestLayout.pv(shape.frames());
        return new MemoryPlan(
                DomainType.PV,
                shape,
                layout,
                policy.maxMem(shape),
                Optional.empty(),
                shape.frames(),
                0,
                policy.bootTarget(shape),
                VirtualNuma.NONE,
                DeviceMemory.none(layout.lowMemEnd()));
    }

    /**
     * {@return the plan of a guest whose memory comes from a saved domain} All pages are populated for real, whatever
     * the size to which the guest may grow; max_mem keeps the slack of the build, because the balloon driver's arithmetic
     * continues.
     *
     * @throws ConfigException if the guest is to see NUMA nodes, which no saved domain has
     */
    public MemoryPlan restored() {
        if (!virtualNuma.isNone()) {
            throw new ConfigException("vnuma: a saved domain has no NUMA nodes of its own");
        }
        Pages claimed =
                podTarget.map(target -> claim.minus(target).plus(shape.ram())).orElse(claim);
        return new MemoryPlan(
                type,
                shape,
                layout,
                maxMem,
                Optional.empty(),
                claimed,
                pagingPoolBytes,
                bootTarget,
                virtualNuma,
                deviceMemory);
    }

    private static MemoryPlan of(
            DomainConfig config,
            PodPolicy policy,
            GuestShape shape,
            GuestLayout layout,
            DeviceMemory devices,
            Pages besideRam) {
        Optional<Pages> podTarget = policy.buildTarget(shape);
        return new MemoryPlan(
                config.type(),
                shape,
                layout,
                policy.maxMem(shape),
                podTarget,
                podTarget.orElse(shape.frames()).plus(besideRam),
                pagingPoolBytes(config),
                policy.bootTarget(shape),
                VirtualNuma.of(config.virtualNodes(), shape.videoRam(), layout.lowMemEnd()),
                devices);
    }

    /** {@return the ranges of RAM by address} */
    public List<RamRange> ram() {
        return layout.ram();
    }

    /** {@return the RAM in parts by address, of which each comes from one node of the host} */
    public List<VirtualNuma.Part> parts() {
        return virtualNuma.parts(ram());
    }

    /** {@return all calls that populate the RAM, in order} */
    public List<PopulateCall> populateCalls() {
        return parts().stream().flatMap(part -> populateCalls(part).stream()).toList();
    }

    /**
     * {@return the calls that populate a part of the RAM, in order} As with libxl, a PV guest gets no extents of 1 GiB.
     *
     * @param part a part of {@link #parts}
     */
    public List<PopulateCall> populateCalls(VirtualNuma.Part part) {
        return part.ram().populateCalls().stream()
                .flatMap(call -> type == DomainType.PV && call.order() == PopulateCall.ORDER_1G
                        ? call.remainder(0).stream()
                        : Stream.of(call))
                .toList();
    }

    /**
     * {@return the number of PoD entries without a page right after the build: the pages that the balloon driver has
     * to free, less the slack}
     */
    public Pages initialDebt() {
        return podTarget.map(target -> shape.frames().minus(target)).orElse(Pages.ZERO);
    }

    /** {@return the pages of the PoD target beyond the guest's RAM after ballooning} */
    public Pages slack() {
        return podTarget.map(target -> target.minus(shape.ram())).orElse(Pages.ZERO);
    }

    private static long pagingPoolBytes(DomainConfig config) {
        long pagesPerMib = config.paging().mode() == Mode.SHADOW ? 2 : 1;
        KiB needed = Pages.of(256L * config.maxVcpus()
                        + pagesPerMib * config.maxMemory().toMiB())
                .toKiB();
        return config.paging().pool().map(needed::max).orElse(needed).value() * BYTES_PER_KIB;
    }
}
