// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Every number of a guest's memory, decided before the first hypercall.
 *
 * @param shape memory, maxmem, video RAM and VGA hole
 * @param ram its RAM by address: below the MMIO hole, and from 4 GiB on
 * @param maxMem {@code XEN_DOMCTL_max_mem}
 * @param podTarget {@code XENMEM_set_pod_target}, if the guest is built in PoD mode; then all of {@code ram} is
 *     populated with PoD entries
 * @param claim pages claimed from the host before any is taken: all that the build allocates for the guest
 * @param pagingPoolBytes memory for its page tables, in bytes: 1 MiB per vCPU and 4 KiB per MiB of maxmem, as libxl
 *     reckons with hardware-assisted paging
 * @param bootTarget {@code memory/target}
 */
public record MemoryPlan(
        GuestShape shape,
        List<RamRange> ram,
        KiB maxMem,
        Optional<Pages> podTarget,
        Pages claim,
        long pagingPoolBytes,
        KiB bootTarget) {

    public MemoryPlan {
        ram = List.copyOf(ram);
    }

    /**
     * The plan of a PVH guest.
     *
     * @param acpiPages pages that the ACPI tables take beside the RAM
     * @throws ConfigException if the configuration is not of a PVH guest
     */
    public static MemoryPlan pvh(DomainConfig config, PodPolicy policy, Pages acpiPages) {
        if (config.type() != DomainType.PVH) {
            throw new ConfigException("domain " + config.name() + ": type="
                    + config.type().word() + " is not supported yet; only pvh is");
        }
        GuestShape shape = GuestShape.pvh(KiB.of(config.memoryKib()), KiB.of(config.maxMemoryKib()));
        List<RamRange> ram = layOut(shape.frames());
        Optional<Pages> podTarget = policy.buildTarget(shape);
        Pages special = Pages.of(PvhLayout.SPECIAL_PAGES).plus(acpiPages);
        return new MemoryPlan(
                shape,
                ram,
                policy.maxMem(shape),
                podTarget,
                podTarget.orElse(shape.frames()).plus(special),
                pagingPoolBytes(config.maxVcpus(), shape.maxMemory()),
                policy.bootTarget(shape));
    }

    /** All calls that populate the RAM, in order. */
    public List<PopulateCall> populateCalls() {
        return ram.stream().flatMap(range -> range.populateCalls().stream()).toList();
    }

    /** First byte behind the RAM below the MMIO hole. */
    public long lowMemEnd() {
        return ram.get(0).end();
    }

    /** First byte behind the RAM above 4 GiB; 4 GiB if there is none. */
    public long highMemEnd() {
        return ram.size() > 1 ? ram.get(1).end() : PvhLayout.FOUR_GIB;
    }

    /** PoD entries without a page right after the build: what the balloon driver has to give back, less the slack. */
    public Pages initialDebt() {
        return podTarget.map(target -> shape.frames().minus(target)).orElse(Pages.ZERO);
    }

    /** Pages of the PoD target beyond what the guest is to have. */
    public Pages slack() {
        return podTarget.map(target -> target.minus(shape.ram())).orElse(Pages.ZERO);
    }

    private static List<RamRange> layOut(Pages frames) {
        long bytes = frames.count() << Pages.SHIFT;
        if (bytes <= PvhLayout.MMIO_HOLE_START) {
            return List.of(new RamRange(0, bytes));
        }
        long rest = bytes - PvhLayout.MMIO_HOLE_START;
        return Stream.of(
                        new RamRange(0, PvhLayout.MMIO_HOLE_START),
                        new RamRange(PvhLayout.FOUR_GIB, PvhLayout.FOUR_GIB + rest))
                .toList();
    }

    private static long pagingPoolBytes(int vcpus, KiB maxMemory) {
        long pages = 256L * vcpus + maxMemory.toMiB();
        return pages * Pages.BYTES;
    }
}
