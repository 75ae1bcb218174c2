// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.create.placement.NumaPlacement;
import org.xenjava.toolstack.create.placement.VcpuPlacement;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.XenCallException;
import org.xenjava.toolstack.image.CpuPolicyEdits;
import org.xenjava.toolstack.image.pv.MachineFrames;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PopulateCall;
import org.xenjava.toolstack.memory.VirtualNuma;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.resize.HostClaim;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.HostCalls;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.VirtualTopology;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * A domain with vCPUs and memory, and without an image, a name or nodes in xenstore. Used by one thread at a time.
 */
final class GuestShell {
    /** Page-table entry of the identity map: 4 MiB, present, writable, user, accessed, dirty. */
    private static final int IDENTITY_ENTRY = 0xE7;

    /** The state of the console's ring until xenconsoled serves it; Linux waits for that. */
    private static final int CONSOLE_DISCONNECTED = 1;

    private static final int NOT_CREATED = -1;

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final Clock clock;
    private final DomainConfig config;
    private final MemoryPlan plan;
    private final UUID uuid;
    private final String attempt;
    private final Cancellation cancellation;
    private int domid = NOT_CREATED;
    private OptionalInt wish = OptionalInt.empty();
    private Optional<HostClaim> claim = Optional.empty();
    private Optional<VcpuPlacement> placement = Optional.empty();
    private Optional<NumaPlacement> numa = Optional.empty();
    private final MachineFrames frames = new MachineFrames();
    private CpuPolicy cpuPolicy = new CpuPolicy(List.of(), List.of());

    /**
     * @param uuid the domain's first handle
     * @param attempt the beginning of messages, such as {@code "building domain web"}
     */
    GuestShell(
            Xenctrl xenctrl,
            StoreClient store,
            Clock clock,
            DomainConfig config,
            MemoryPlan plan,
            UUID uuid,
            String attempt,
            Cancellation cancellation) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.clock = clock;
        this.config = config;
        this.plan = plan;
        this.uuid = uuid;
        this.attempt = attempt;
        this.cancellation = cancellation;
    }

    /**
     * All that the steps of a shell depend on. Guests of one shape can take each other's shells.
     *
     * @param request the arguments of createdomain, with a handle of zeros
     * @param secondsAheadOfUtc the guest's clock
     */
    record Shape(
            CreateDomain request,
            CpuPolicy cpuPolicy,
            CpuPlacement placement,
            long secondsAheadOfUtc,
            int tscMode,
            MemoryPlan memory) {
        private static final UUID NO_HANDLE = new UUID(0, 0);

        static Shape of(DomainConfig config, MemoryPlan memory, Clock clock, Xenctrl xenctrl) {
            return new Shape(
                    CreateRequest.of(config, NO_HANDLE, xenctrl),
                    policy(config, xenctrl),
                    config.placement(),
                    GuestShell.secondsAheadOfUtc(config, clock),
                    config.clock().tscMode().number(),
                    memory);
        }
    }

    /** Whether the domain exists and has a number. */
    boolean isCreated() {
        return domid != NOT_CREATED;
    }

    int domid() {
        return domid;
    }

    UUID uuid() {
        return uuid;
    }

    void setHandle(UUID handle) {
        xenctrl.domains().setHandle(domid, handle);
    }

    /** Asks for a number, which {@link #createDomain} gives the domain. */
    void wish(int number) {
        wish = OptionalInt.of(number);
    }

    /** @throws DomainExistsException if another domain has the number that was asked for */
    void createDomain() {
        VcpuPlacement cpus = new VcpuPlacement(xenctrl, store, config.placement());
        placement = Optional.of(cpus);
        numa = Optional.of(NumaPlacement.of(xenctrl, cpus, plan, config.maxVcpus()));
        CreateDomain request = CreateRequest.of(config, uuid, xenctrl);
        cpuPolicy = policy(config, xenctrl);
        domid = wish.isPresent()
                ? create(request, wish.getAsInt())
                : xenctrl.domains().create(request);
    }

    private int create(CreateDomain request, int number) {
        try {
            return xenctrl.domains().create(request, number);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EEXIST)) {
                throw new DomainExistsException(
                        "domid " + number + ", which the guest is to keep, is used by another domain of this host", e);
            }
            throw e;
        }
    }

    private static CpuPolicy policy(DomainConfig config, Xenctrl xenctrl) {
        HostCalls host = xenctrl.host();
        return config.type() == DomainType.PV
                ? CpuPolicyEdits.ofPv(host.defaultPvCpuPolicy(), host.hostCpuPolicy(), config)
                : CpuPolicyEdits.of(host.defaultHvmCpuPolicy(), host::hostCpuPolicy, config);
    }

    private static long secondsAheadOfUtc(DomainConfig config, Clock clock) {
        return config.clock().secondsAheadOfUtc(clock.instant(), ZoneId.systemDefault());
    }

    void setTimeOffset() {
        long seconds = secondsAheadOfUtc(config, clock);
        if (seconds != 0) {
            xenctrl.domains().setTimeOffset(domid, seconds);
        }
    }

    void allocateVcpus() {
        placement.ifPresent(where -> where.enterPool(domid));
        xenctrl.domains().setMaxVcpus(domid, config.maxVcpus());
        placement.ifPresent(where -> where.apply(domid));
        numa.ifPresent(where -> where.apply(domid));
    }

    /** Where the vCPUs are, with the numbers of this host's CPUs in the place of NUMA nodes. */
    CpuPlacement resolvedPlacement() {
        return placement.map(VcpuPlacement::resolved).orElse(config.placement());
    }

    /** Whether the guest has no address space of its own. */
    boolean isPv() {
        return config.type() == DomainType.PV;
    }

    /** The machine frames of a PV guest's pages. */
    MachineFrames machineFrames() {
        return frames;
    }

    void limitMemory() {
        xenctrl.memory().setMaxMem(domid, plan.maxMem());
    }

    void sizePagingPool() {
        xenctrl.memory().setPagingPool(domid, Pages.holding(plan.pagingPoolBytes()));
    }

    void setCpuPolicy() {
        setTimeOffset();
        xenctrl.domains().setTscMode(domid, config.clock().tscMode().number());
        xenctrl.domains().setCpuPolicy(domid, cpuPolicy);
    }

    void claimMemory() {
        HostClaim memory = new HostClaim(xenctrl, domid, attempt);
        claim = Optional.of(memory);
        memory.take(plan.claim(), 0);
    }

    void releaseClaim() {
        claim.ifPresent(HostClaim::release);
    }

    /** Whether the guest sees NUMA nodes. */
    boolean hasVirtualNodes() {
        return !plan.virtualNuma().isNone();
    }

    /** Tells Xen the NUMA nodes. The firmware of an HVM guest asks for them. */
    void setVirtualNodes() {
        VirtualNuma guest = plan.virtualNuma();
        xenctrl.topology()
                .setVirtualTopology(
                        domid,
                        new VirtualTopology(
                                guest.nodes().stream()
                                        .map(VirtualNode::physicalNode)
                                        .toList(),
                                guest.nodes().stream()
                                        .flatMap(node -> node.distances().stream())
                                        .toList(),
                                IntStream.range(0, config.maxVcpus())
                                        .map(guest::nodeOf)
                                        .boxed()
                                        .toList(),
                                guest.ranges().stream()
                                        .map(range -> new VirtualTopology.Range(
                                                range.ram().start(), range.ram().end(), range.node()))
                                        .toList()));
    }

    /** Sets the PoD target before the first populate. Later, Xen ignores it and still returns 0. */
    void setPodTarget() {
        plan.podTarget().ifPresent(target -> {
            PodCounters answer = xenctrl.memory().setPodTarget(domid, target);
            if (answer.cachePages() != target.count() || answer.totPages() != target.count()) {
                throw new XenCallException("Xen took a PoD target of " + target + " and answered " + answer
                        + ": the cache has another size than requested");
            }
        });
    }

    void populateRam() {
        int onDemand = plan.podTarget().isPresent() ? MemoryOp.XENMEMF_POPULATE_ON_DEMAND : 0;
        for (VirtualNuma.Part part : plan.parts()) {
            OptionalInt node = part.physicalNode();
            int flags = node.isPresent() ? MemoryOp.exactNode(node.getAsInt()) : onDemand;
            for (PopulateCall call : plan.populateCalls(part)) {
                populate(call, flags);
            }
        }
    }

    /** Populates extents. Xen returns only their number; where a large extent does not fit, smaller ones may. */
    private void populate(PopulateCall call, int flags) {
        cancellation.check(attempt);
        int done = isPv()
                ? populateMachineFrames(call)
                : xenctrl.memory().populatePhysmap(domid, call.gfns(), call.order(), flags);
        if (done == call.extents()) {
            return;
        }
        if (call.order() == PopulateCall.ORDER_4K) {
            OptionalInt node = MemoryOp.node(flags);
            throw new HostMemoryException("Xen populated " + done + " of " + call.extents() + " pages from gfn "
                    + Long.toHexString(call.firstGfn()) + " on: "
                    + (node.isPresent() ? "NUMA node " + node.getAsInt() + " of the host" : "the host")
                    + " is out of memory, or the paging pool is used up");
        }
        call.remainder(done).forEach(smaller -> populate(smaller, flags));
    }

    /** Xen chooses the machine frames, and the guest's page tables are made of them. */
    private int populateMachineFrames(PopulateCall call) {
        long[] extents = xenctrl.memory().populateMachineFrames(domid, call.gfns(), call.order());
        for (long first : extents) {
            frames.append(first, 1L << call.order());
        }
        return extents.length;
    }

    void populateSpecialPages() {
        populateCleared(SpecialPage.gfns(), "special pages");
        memory().write(SpecialPage.IDENTITY_PAGE_TABLE.address(), identityPageTable());
        markConsoleDisconnected();
        if (config.hvm().isPresent()) {
            populateCleared(HvmLayout.ioreqServerGfns(), "pages for I/O requests");
        }
    }

    private void markConsoleDisconnected() {
        markConsoleDisconnected(SpecialPage.CONSOLE.gfn());
    }

    /** @param frame the page of the console's ring */
    void markConsoleDisconnected(long frame) {
        StructLayout console = xenctrl.abi().struct("xencons_interface");
        if (console.fields().containsKey("connection")) {
            memory().write(
                            frame << Pages.SHIFT,
                            console.allocate()
                                    .set("connection", CONSOLE_DISCONNECTED)
                                    .toBytes());
        }
    }

    /** Clears a page that the guest shares with a daemon or with Xen. */
    void clearPage(SpecialPage page) {
        memory().write(page.address(), new byte[Pages.BYTES]);
        if (page == SpecialPage.CONSOLE) {
            markConsoleDisconnected();
        }
    }

    /** Populates neighbouring pages and clears them, because a page may contain data of its last owner. */
    private void populateCleared(long[] gfns, String what) {
        populateExactly(gfns, what);
        memory().write(gfns[0] << Pages.SHIFT, new byte[gfns.length * Pages.BYTES]);
    }

    void populateExactly(long[] gfns, String what) {
        int done = xenctrl.memory().populatePhysmap(domid, gfns, PopulateCall.ORDER_4K, 0);
        if (done != gfns.length) {
            throw new HostMemoryException("Xen populated " + done + " of " + gfns.length + " " + what);
        }
    }

    private static byte[] identityPageTable() {
        ByteBuffer table = ByteBuffer.allocate(Pages.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < Pages.BYTES / Integer.BYTES; i++) {
            table.putInt((i << 22) | IDENTITY_ENTRY);
        }
        return table.array();
    }

    private ForeignGuestMemory memory() {
        return new ForeignGuestMemory(xenctrl.libraries().foreignMemory(), domid);
    }
}
