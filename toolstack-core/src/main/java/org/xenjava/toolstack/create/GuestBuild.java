// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.PagingConfig.Altp2m;
import org.xenjava.toolstack.config.ProcessorConfig.Feature;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.XenCallException;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.image.VcpuState;
import org.xenjava.toolstack.image.pv.HostMemoryMap;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.resize.BootBacking;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The steps that the builds of all guests share, and the values that a step leaves for the next ones. Used by one
 * thread.
 */
final class GuestBuild {
    private static final int GRANT_PERMIT_ACCESS = 1;
    private static final int GRANT_CONSOLE = 0;
    private static final int GRANT_STORE = 1;

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final DaemonDomains daemons;
    private final Clock clock;
    private final GuestPlan plan;
    private final GuestShell shell;
    private final UUID uuid;
    private final Cancellation cancellation;
    private Map<Integer, UUID> guests = Map.of();
    private GuestPorts ports = GuestPorts.NONE;

    GuestBuild(
            Xenctrl xenctrl,
            StoreClient store,
            DaemonDomains daemons,
            Clock clock,
            GuestPlan plan,
            GuestShell shell,
            UUID uuid,
            Cancellation cancellation) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.daemons = daemons;
        this.clock = clock;
        this.plan = plan;
        this.shell = shell;
        this.uuid = uuid;
        this.cancellation = cancellation;
    }

    /** The domain with its memory. */
    GuestShell shell() {
        return shell;
    }

    int domid() {
        return shell.domid();
    }

    Xenctrl xenctrl() {
        return xenctrl;
    }

    GuestPlan plan() {
        return plan;
    }

    UUID uuid() {
        return uuid;
    }

    Cancellation cancellation() {
        return cancellation;
    }

    private String attempt() {
        return "building domain " + plan.config().name();
    }

    /** The record of the build keeps others from building one in the meantime. */
    void requireNewUuid() {
        List<DomainInfo> there = xenctrl.domains().list();
        there.stream().filter(info -> info.handle().equals(uuid)).findFirst().ifPresent(info -> {
            throw new DomainExistsException("a domain with the UUID " + uuid + " exists already: domid " + info.domid()
                    + "; destroy it or choose another UUID");
        });
        guests = there.stream().collect(Collectors.toMap(DomainInfo::domid, DomainInfo::handle));
    }

    /** The guest's configuration, with the numbers of this host's CPUs in the place of NUMA nodes. */
    DomainConfig resolvedConfig() {
        return plan.config().toBuilder().placement(shell.resolvedPlacement()).build();
    }

    void loadImage(ImagePlan image) {
        image.loadInto(memory());
    }

    /** The memory map of a PV guest. One with a PCI device needs the host's map; the device may also come later. */
    List<MemoryMapEntry> pvMemoryMap() {
        DomainConfig config = plan.config();
        long most = config.maxMemory().toPages().count() << Pages.SHIFT;
        return config.options().contains(GuestOption.E820_HOST)
                        || !config.pciDevices().isEmpty()
                ? HostMemoryMap.of(
                        xenctrl.memory().machineMemoryMap(),
                        config.memory().toPages().count() << Pages.SHIFT,
                        most)
                : List.of(new MemoryMapEntry(0, most, MemoryMapEntry.Type.RAM));
    }

    /** Sets the memory map of a PV guest that comes from a stream. */
    void describePvMemory() {
        setMemoryMap(pvMemoryMap());
    }

    void setMemoryMap(List<MemoryMapEntry> map) {
        xenctrl.memory().setMemoryMap(domid(), map);
    }

    void openEventChannels(GuestPorts.Frames frames) {
        int storeDomid = daemons.xenstored();
        int consoleDomid = daemons.xenconsoled();
        ports = new GuestPorts(
                new GuestPorts.Ring(xenctrl.events().allocUnboundPort(domid(), storeDomid), storeDomid, frames.store()),
                new GuestPorts.Ring(
                        xenctrl.events().allocUnboundPort(domid(), consoleDomid), consoleDomid, frames.console()));
    }

    /** Tells the daemons where the rings are, which is known late if the guest is a PV guest from a stream. */
    void moveRings(GuestPorts.Frames frames) {
        ports = ports.at(frames);
        DomainPaths paths = new DomainPaths(domid());
        store.inTransaction(transaction -> {
            transaction.write(paths.of("store/ring-ref"), Long.toString(frames.store()));
            transaction.write(paths.console() + "/ring-ref", Long.toString(frames.console()));
            return frames;
        });
    }

    GuestPorts ports() {
        return ports;
    }

    /** Sets the parameters that few guests have, and those with the special pages and the ports. */
    void setSharedParams() {
        setFeatureParams();
        set(HvmParam.STORE_PFN, SpecialPage.STORE.gfn());
        set(HvmParam.BUFIOREQ_PFN, SpecialPage.BUFFERED_IOREQ.gfn());
        set(HvmParam.IOREQ_PFN, SpecialPage.IOREQ.gfn());
        set(HvmParam.CONSOLE_PFN, SpecialPage.CONSOLE.gfn());
        set(HvmParam.PAGING_RING_PFN, SpecialPage.PAGING_RING.gfn());
        set(HvmParam.MONITOR_RING_PFN, SpecialPage.MONITOR_RING.gfn());
        set(HvmParam.SHARING_RING_PFN, SpecialPage.SHARING_RING.gfn());
        set(HvmParam.IDENT_PT, SpecialPage.IDENTITY_PAGE_TABLE.address());
        setPortParams();
    }

    /** Sets the parameters of features that older releases take as such; they are not part of a saved guest's state. */
    void setFeatureParams() {
        DomainConfig config = plan.config();
        if (config.paging().altp2m() != Altp2m.DISABLED && CreateRequest.isAltp2mParameter(xenctrl.abi())) {
            set(HvmParam.ALTP2M, config.paging().altp2m().number());
        }
        if (config.processor().has(Feature.NESTEDHVM) && CreateRequest.isNestedParameter(xenctrl.abi())) {
            set(HvmParam.NESTEDHVM, 1);
        }
    }

    /** Sets the parameters of timers, which are not part of a saved guest's state. */
    void setTimerParams() {
        plan.config().hvm().ifPresent(machine -> {
            set(HvmParam.HPET_ENABLED, machine.has(HvmFeature.HPET) ? 1 : 0);
            set(HvmParam.VPT_ALIGN, machine.has(HvmFeature.VPT_ALIGN) ? 1 : 0);
        });
        set(HvmParam.TIMER_MODE, plan.config().clock().timerMode().number());
    }

    void setPortParams() {
        set(HvmParam.CONSOLE_EVTCHN, ports.console().port());
        set(HvmParam.STORE_EVTCHN, ports.store().port());
    }

    void set(HvmParam param, long value) {
        xenctrl.hvm().setParam(domid(), param, value);
    }

    VcpuState vcpuState() {
        return VcpuState.of(xenctrl.hvm().context(domid()));
    }

    /** Brings up vCPU 0. No vCPU records may follow, because Xen takes all vCPUs down before it reads records. */
    void bootVcpu(VcpuState state, ImagePlan image) {
        xenctrl.hvm().setContext(domid(), state.boot(image.entry(), image.startInfoAddress()));
    }

    void seedGrantTable() {
        StructLayout entry = xenctrl.abi().struct("grant_entry_v1");
        try (MappedPages table = xenctrl.libraries()
                .foreignMemory()
                .mapResource(domid(), MemoryOp.XENMEM_RESOURCE_GRANT_TABLE, 0, 0, 1, Protection.READ_WRITE)) {
            seed(entry, table, GRANT_CONSOLE, ports.console());
            seed(entry, table, GRANT_STORE, ports.store());
        }
    }

    private static void seed(StructLayout entry, MappedPages table, int reference, GuestPorts.Ring ring) {
        entry.at(table.bytes(), reference * entry.size())
                .set("domid", ring.domid())
                .set("frame", ring.frame())
                .set("flags", GRANT_PERMIT_ACCESS);
    }

    /** Compares the counters with the plan: Xen reports success for calls that it ignores. */
    void verifyMemory() {
        DomainInfo info = info();
        if (!info.hvm()) {
            requireAllPages(info);
            return;
        }
        if (info.shutdown()) {
            throw new DomainStateException("domain " + domid() + " was crashed while it was built: PoD memory ran out");
        }
        long debt = xenctrl.memory().podTarget(domid()).debt();
        long planned = plan.memory().initialDebt().count();
        if (debt != planned) {
            throw new XenCallException("domain " + domid() + " has " + debt
                    + " PoD entries without a page after its build, not " + planned + " as planned");
        }
    }

    private void requireAllPages(DomainInfo info) {
        requirePages(info, plan.memory().shape().frames().count());
    }

    /** Checks that the domain owns that many pages. */
    void requirePages(long planned) {
        requirePages(info(), planned);
    }

    private void requirePages(DomainInfo info, long planned) {
        if (info.totPages() != planned) {
            throw new XenCallException("domain " + domid() + " owns " + info.totPages() + " pages after its build, not "
                    + planned + " as planned");
        }
    }

    /** @param backing lends the missing pages, if policy and host allow */
    void backBoot(BootBacking backing) {
        backing.back(info());
    }

    private DomainInfo info() {
        return xenctrl.domains()
                .info(domid())
                .orElseThrow(() -> new DomainGoneException(
                        attempt() + ": domain " + domid() + " is gone: another process has destroyed it"));
    }

    /**
     * Writes the domain's nodes. A name is taken only if Xen has the domain: nodes that a failed removal has left do not
     * count.
     *
     * @param specifics writes what not every guest has, in the same transaction
     */
    void writeStore(Consumer<StoreTransaction> specifics) {
        XenstoreTree tree = new XenstoreTree(domid(), uuid, plan.config(), plan.memory(), ports, clock.instant());
        Set<Integer> gone = new HashSet<>();
        Optional<Integer> namesake;
        do {
            namesake = store.names()
                    .whileNoneIsRenamed(() -> store.inTransaction(transaction -> {
                        Optional<Integer> other = tree.write(transaction, store.names(), guests, gone);
                        if (other.isEmpty()) {
                            if (plan.memory().deviceMemory().shortensRam()) {
                                transaction.write(new DomainPaths(domid()).reservedMemory(), "");
                            }
                            specifics.accept(transaction);
                        }
                        return other;
                    }));
            namesake.ifPresent(other -> gone.add(requireGone(other)));
        } while (namesake.isPresent());
        store.names().remember(domid(), uuid, plan.config().name());
    }

    private int requireGone(int other) {
        if (xenctrl.domains().info(other).filter(info -> !info.dying()).isPresent()) {
            throw new DomainExistsException("a domain named '" + plan.config().name() + "' exists already: domid "
                    + other + "; destroy it or choose another name");
        }
        return other;
    }

    void introduce() {
        store.introduce(domid(), ports.store().frame(), ports.store().port());
    }

    ForeignGuestMemory memory() {
        return new ForeignGuestMemory(xenctrl.libraries().foreignMemory(), domid());
    }
}
