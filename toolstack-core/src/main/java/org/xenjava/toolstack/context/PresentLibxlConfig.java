// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.PoolCalls;
import org.xenjava.toolstack.xenctrl.PoolInfo;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** A domain's configuration in libxl's form, with its values of now, as {@code xl list -l} shows it. */
public final class PresentLibxlConfig {
    /** What libxl leaves out of {@code memory/target} of an HVM guest with populate on demand ({@code libxl_mem.c}). */
    private static final KiB LIBXL_FUDGE = KiB.ofMiB(1);

    private PresentLibxlConfig() {}

    /** The stored file's, or that of this library's own record; empty if a domain has neither. */
    public static Optional<LibxlConfig> of(HostContext host, int domid, UUID uuid) {
        Optional<DomainConfig> ours = CurrentConfig.of(host.store().direct(), new DomainPaths(domid), host.podPolicy());
        return host.userdata()
                .read(domid, uuid)
                .or(() -> ours.map(LibxlConfig::of))
                .map(stored -> present(host, domid, uuid, stored, ours));
    }

    private static LibxlConfig present(
            HostContext host, int domid, UUID uuid, LibxlConfig stored, Optional<DomainConfig> ours) {
        StoreTransaction store = host.store().direct();
        DomainPaths paths = new DomainPaths(domid);
        Optional<KiB> most = store.readPlausibleKib(paths.memoryStaticMax());
        Optional<KiB> memory =
                ours.map(config -> memory(store, paths, host, config)).or(() -> memory(store, paths, most));
        Optional<DomainInfo> info = host.xenctrl()
                .domains()
                .info(domid)
                .filter(found -> found.handle().equals(uuid) && !found.dying());
        Optional<PoolInfo> pool = info.flatMap(found -> host.xenctrl().pools().info(found.pool()));
        Optional<Scheduler> scheduler = pool.flatMap(found -> Scheduler.ofId(found.schedulerId()));
        Set<Integer> disks =
                host.devices().disks(domid).stream().map(AttachedDisk::number).collect(Collectors.toSet());
        Set<Integer> nics =
                host.devices().nics(domid).stream().map(AttachedNic::devid).collect(Collectors.toSet());
        return stored.withPresent(new LibxlConfig.Present(
                        store.read(paths.name()).or(stored::name).orElse(""),
                        uuid,
                        memory,
                        ours.map(DomainConfig::maxMemory).or(() -> most),
                        info.map(found -> vcpus(store, paths, found.maxVcpuId() + 1))
                                .orElse(OptionalInt.empty()),
                        scheduler,
                        scheduler.flatMap(one -> share(host, domid, one))))
                .withDevices(disk -> disks.contains(disk.number()), nics::contains);
    }

    /** libxl leaves the vCPUs of a domain with one out. */
    private static OptionalInt vcpus(StoreTransaction store, DomainPaths paths, int most) {
        List<String> nodes =
                IntStream.range(0, most).mapToObj(paths::vcpuAvailability).toList();
        long online = most == 1
                ? 0
                : store.readAll(nodes).stream()
                        .filter(Optional.of("online")::equals)
                        .count();
        return online == 0 ? OptionalInt.empty() : OptionalInt.of((int) online);
    }

    private static Optional<CpuShare> share(HostContext host, int domid, Scheduler scheduler) {
        if (scheduler != Scheduler.CREDIT && scheduler != Scheduler.CREDIT2) {
            return Optional.empty();
        }
        PoolCalls.Share share = host.xenctrl().pools().share(domid, scheduler);
        return Optional.of(new CpuShare(share.weight(), share.cap()));
    }

    /** The next build of a guest with NUMA nodes has the memory of the nodes, so that its configuration has it as well. */
    private static KiB memory(StoreTransaction store, DomainPaths paths, HostContext host, DomainConfig ours) {
        return ours.virtualNodes().isEmpty()
                ? ours.memory()
                : CurrentConfig.memory(store, paths, host.podPolicy(), ours);
    }

    private static Optional<KiB> memory(StoreTransaction store, DomainPaths paths, Optional<KiB> most) {
        boolean hvm = store.read(paths.libxlType())
                .filter(DomainType.HVM.word()::equals)
                .isPresent();
        KiB video = store.readPlausibleKib(paths.memoryVideoRam()).orElse(KiB.ZERO);
        return store.readPlausibleKib(paths.memoryTarget())
                .map(target -> target.plus(video))
                .map(memory -> hvm && most.filter(memory::isLessThan).isPresent() ? memory.plus(LIBXL_FUDGE) : memory);
    }
}
