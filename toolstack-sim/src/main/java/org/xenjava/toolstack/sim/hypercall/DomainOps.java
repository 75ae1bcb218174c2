// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.ReleaseBehaviour.MissingDomain;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.DirtyLog;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code domctl}, called by dom0. */
final class DomainOps {
    private static final int FIRST_RESERVED_DOMID = 0x7FF0;
    private static final long KIB_PER_PAGE = 4;
    static final int VCPU_CONTEXT_BYTES = 5168;
    private static final int NO_SHUTDOWN = 0xffff;
    private static final int GUEST_PHYSICAL_ADDRESS_BITS = 40;

    private static final Map<Integer, DomctlOp> OPS = Arrays.stream(DomctlOp.values())
            .collect(Collectors.toUnmodifiableMap(DomctlOp::number, Function.identity()));

    private static final long PAGES_PER_MIB = 256;

    private final Machine machine;
    private final StructLayout layout;
    private final DomainCreation creation;
    private final HvmContext hvmContext;
    private final MonitorOps monitors;
    private final CpuOps cpus;
    private final StateOps state;
    private final VirtualNodeOps virtualNodes;
    private final PassthroughOps passthrough;
    private final PvOps pv;
    private final VcpuPartOps vcpuParts;

    DomainOps(Machine machine, PassthroughOps passthrough) {
        this.passthrough = passthrough;
        this.machine = machine;
        this.layout = machine.abi().struct("xen_domctl");
        this.creation = new DomainCreation(machine);
        this.hvmContext = new HvmContext(machine);
        this.monitors = new MonitorOps(machine);
        this.cpus = new CpuOps(machine);
        this.pv = new PvOps(machine);
        this.vcpuParts = new VcpuPartOps(machine);
        this.state = new StateOps(machine, pv);
        this.virtualNodes = new VirtualNodeOps(machine);
    }

    /** A call: the whole struct, the part that its sub-command describes, and the memory of the caller. */
    private record Request(CallerMemory caller, StructView header, StructView body) {}

    long call(CallerMemory caller, long address) {
        byte[] bytes = caller.read(address, layout.size());
        StructView header = layout.at(ByteBuffer.wrap(bytes), 0);
        DomctlOp op = OPS.get(header.getInt("cmd"));
        if (header.get("interface_version") != versionOf(op)) {
            throw new XenRefusal(Errno.EACCES);
        }
        int domid = header.getInt("domain");
        if (op == null || !op.struct().isEmpty() && !machine.abi().has(op.struct())) {
            machine.require(domid);
            throw new XenRefusal(Errno.ENOSYS);
        }
        StructView body = op.struct().isEmpty()
                ? header
                : machine.abi().struct(op.struct()).at(ByteBuffer.wrap(bytes), DomctlOp.UNION_OFFSET);
        Request request = new Request(caller, header, body);
        switch (op) {
            case CREATEDOMAIN -> header.set("domain", creation.create(domid, body));
            case ASSIGN_DEVICE, TEST_ASSIGN_DEVICE, DEASSIGN_DEVICE -> passthrough.assignment(op, domid, body);
            case GETDOMAININFO -> header.set("domain", getDomainInfo(domid, body));
            default -> onDomain(op, machine.require(domid), request);
        }
        caller.write(address, bytes);
        return 0;
    }

    /** The interface version that a call must have; 0 for the stable sub-command of releases that have one. */
    private long versionOf(@Nullable DomctlOp op) {
        boolean stable = op == DomctlOp.GET_DOMAIN_STATE && machine.abi().has(op.struct());
        return stable ? 0 : machine.domctlVersion();
    }

    private void onDomain(DomctlOp op, XenDomain domain, Request request) {
        StructView body = request.body();
        switch (op) {
            case DESTROYDOMAIN -> machine.destroy(notDom0(domain));
            case PAUSEDOMAIN -> require(notDom0(domain).pause(), Errno.EOVERFLOW);
            case UNPAUSEDOMAIN -> require(machine.unpause(domain), Errno.EINVAL);
            case MAX_MEM -> domain.memory().setMaxPages(Long.min(body.get("max_memkb") / KIB_PER_PAGE, 0xFFFF_FFFEL));
            case MAX_VCPUS -> maxVcpus(notDom0(domain), body);
            case GETVCPUCONTEXT -> vcpuContext(domain, request.caller(), body);
            case SETDOMAINHANDLE -> domain.setHandle(body.getBytes("handle"));
            case SENDTRIGGER -> sendTrigger(domain, body.getInt("trigger"), body.get("vcpu"));
            case GETVCPUINFO -> cpus.vcpuInfo(domain, body);
            case GETVCPUAFFINITY -> cpus.affinity(domain, request.caller(), body);
            case SETVCPUAFFINITY -> cpus.setAffinity(domain, request.caller(), body);
            case SCHEDULER_OP -> cpus.share(domain, body);
            case VM_EVENT_OP -> monitors.call(domain, body);
            case SETNODEAFFINITY -> cpus.setNodes(domain, request.caller(), body);
            case GETNODEAFFINITY -> cpus.nodes(domain, request.caller(), body);
            case SETVNUMAINFO -> virtualNodes.set(domain, request.caller(), body);
            case GET_ADDRESS_SIZE,
                    SETTSCINFO,
                    GETTSCINFO,
                    GETPAGEFRAMEINFO3,
                    GET_CPU_POLICY,
                    SET_CPU_POLICY,
                    SETVCPUCONTEXT -> {
                state.call(op, domain, request.caller(), body);
            }
            case RESUMEDOMAIN -> require(machine.resume(notDom0(domain)), Errno.EINVAL);
            case GET_EXT_VCPUCONTEXT,
                    SET_EXT_VCPUCONTEXT,
                    GETVCPUEXTSTATE,
                    SETVCPUEXTSTATE,
                    GET_VCPU_MSRS,
                    SET_VCPU_MSRS -> vcpuParts.call(op, domain, request.caller(), body);
            case HYPERCALL_INIT -> pv.fillHypercallPage(domain, body.get("gmfn"));
            case SETTIMEOFFSET -> notDom0(domain);
            case IOMEM_PERMISSION -> passthrough.memoryPermission(domain, body);
            case IOPORT_PERMISSION -> {
                machine.rights()
                        .permitPorts(
                                domain.domid(), body.get("first_port"), body.get("nr_ports"), body.get("allow_access"));
            }
            case IOPORT_MAPPING, MEMORY_MAPPING -> passthrough.map(op, domain, body);
            case IRQ_PERMISSION -> passthrough.interruptPermission(domain, body);
            case GET_DEVICE_GROUP -> passthrough.group(domain, request.caller(), body);
            case GETHVMCONTEXT -> hvmContext.get(hvm(domain), request.caller(), body);
            case SETHVMCONTEXT -> hvmContext.set(hvm(domain), request.caller(), body);
            case SET_PAGING_MEMPOOL_SIZE -> setPagingMempool(domain, body.get("size"));
            case GET_PAGING_MEMPOOL_SIZE -> {
                require(domain.isHvm(), Errno.EOPNOTSUPP);
                body.set("size", domain.pagingPoolPages() * PhysicalMemory.PAGE_BYTES);
            }
            case SHADOW_OP -> shadowOp(domain, request.caller(), body);
            case GET_DOMAIN_STATE -> domainState(domain, body);
            default -> throw new XenRefusal(Errno.ENOSYS);
        }
    }

    /** Sets the size of the paging pool, or logs the frames that the guest writes. */
    private static void shadowOp(XenDomain domain, CallerMemory caller, StructView body) {
        boolean pool = body.getInt("op") == DomctlOp.SHADOW_OP_SET_ALLOCATION;
        require(domain.vcpus() > 0 && (domain.isHvm() || !pool), Errno.EINVAL);
        // As a Xen without CONFIG_SHADOW_PAGING, Debian's from 4.17 on.
        boolean enabling = body.getInt("op") == DomctlOp.SHADOW_OP_ENABLE_LOGDIRTY;
        require(domain.isHvm(), enabling ? Errno.EOPNOTSUPP : Errno.EINVAL);
        DirtyLog log = domain.memory().dirtyLog();
        switch (body.getInt("op")) {
            case DomctlOp.SHADOW_OP_SET_ALLOCATION -> domain.resizePagingPool(body.get("mb") * PAGES_PER_MIB);
            case DomctlOp.SHADOW_OP_ENABLE_LOGDIRTY -> require(log.start(), Errno.EINVAL);
            case DomctlOp.SHADOW_OP_OFF -> log.stop();
            case DomctlOp.SHADOW_OP_PEEK -> readDirtyLog(log, caller, body);
            case DomctlOp.SHADOW_OP_CLEAN -> {
                readDirtyLog(log, caller, body);
                log.clear();
            }
            default -> throw new XenRefusal(Errno.EINVAL);
        }
    }

    private static void readDirtyLog(DirtyLog log, CallerMemory caller, StructView body) {
        require(log.isOn() && (body.get("mode") & ~DomctlOp.SHADOW_LOGDIRTY_FINAL) == 0, Errno.EINVAL);
        body.set("stats.dirty_count", log.count());
        caller.write(body.get("dirty_bitmap"), log.bitmap(Math.toIntExact(body.get("pages"))));
    }

    private static void domainState(XenDomain domain, StructView body) {
        int shutdown = domain.shutdownReason().isPresent() ? DomctlOp.GETDOMSTATE_STATE_SHUTDOWN : 0;
        int dead = domain.isDead() ? DomctlOp.GETDOMSTATE_STATE_DYING | DomctlOp.GETDOMSTATE_STATE_DEAD : 0;
        body.clear()
                .set("state", DomctlOp.GETDOMSTATE_STATE_EXIST | shutdown | dead)
                .set("unique_id", domain.domid() + 1L);
    }

    /** Writes a vCPU's registers: those that dom0 has set, or zeroes, since no instruction runs in the simulation. */
    private static void vcpuContext(XenDomain domain, CallerMemory caller, StructView body) {
        int vcpu = body.getInt("vcpu");
        require(vcpu < domain.vcpus(), Errno.EINVAL);
        require(domain.onlineVcpus().get(vcpu), Errno.ENODATA);
        caller.write(body.get("ctxt"), domain.vcpuRegisters(vcpu).orElseGet(() -> new byte[VCPU_CONTEXT_BYTES]));
    }

    /** Delivers a trigger to a domain; an NMI has no effect. */
    private void sendTrigger(XenDomain domain, int trigger, long vcpu) {
        require(vcpu < domain.vcpus(), Errno.ESRCH);
        switch (trigger) {
            case DomctlOp.SENDTRIGGER_NMI -> {}
            case DomctlOp.SENDTRIGGER_POWER -> {
                require(domain.isHvm(), Errno.EINVAL);
                machine.pressPowerButton(domain);
            }
            case DomctlOp.SENDTRIGGER_SLEEP -> require(domain.isHvm(), Errno.EINVAL);
            default -> throw new XenRefusal(Errno.ENOSYS);
        }
    }

    private void maxVcpus(XenDomain domain, StructView body) {
        require(body.get("max") == domain.maxVcpus(), Errno.EINVAL);
        machine.allocateVcpus(domain);
    }

    private void setPagingMempool(XenDomain domain, long bytes) {
        require(domain.isHvm(), Errno.EOPNOTSUPP);
        require(bytes % PhysicalMemory.PAGE_BYTES == 0 && bytes >= 0, Errno.EINVAL);
        domain.resizePagingPool(bytes / PhysicalMemory.PAGE_BYTES);
    }

    private int getDomainInfo(int domid, StructView body) {
        if (domid >= FIRST_RESERVED_DOMID) {
            throw new XenRefusal(Errno.EINVAL);
        }
        Iterator<XenDomain> atOrAbove = machine.from(domid).iterator();
        XenDomain domain = atOrAbove.hasNext() ? atOrAbove.next() : machine.require(domid);
        if (domain.domid() != domid && machine.behaviour().missingDomain() == MissingDomain.ESRCH) {
            throw new XenRefusal(Errno.ESRCH);
        }
        describe(domain, body);
        return domain.domid();
    }

    /** Fills {@code xen_domctl_getdomaininfo}. */
    void describe(XenDomain domain, StructView info) {
        boolean running = domain.isRunning();
        int flags = (domain.isDead() ? DomctlOp.DOMINF_DYING : 0)
                | (domain.isHvm() ? DomctlOp.DOMINF_HVM_GUEST : 0)
                | (domain.shutdownReason().isPresent() ? DomctlOp.DOMINF_SHUTDOWN : 0)
                | (domain.isPaused() ? DomctlOp.DOMINF_PAUSED : 0)
                | (running && domain.domid() == 0 ? DomctlOp.DOMINF_RUNNING : 0)
                | (running && domain.domid() != 0 ? DomctlOp.DOMINF_BLOCKED : 0)
                | ((domain.createFlags() & DomctlOp.CDF_HAP) != 0 ? DomctlOp.DOMINF_HAP : 0);
        long reason = (long) domain.shutdownReason().orElse(NO_SHUTDOWN) << DomctlOp.DOMINF_SHUTDOWN_SHIFT;
        info.clear()
                .set("domain", domain.domid())
                .set("flags", flags | reason)
                .set("tot_pages", domain.memory().totalPages())
                .set("max_pages", domain.memory().maxPages())
                .set("outstanding_pages", domain.memory().claimedPages())
                .set("shr_pages", 0)
                .set("paged_pages", 0)
                .set("shared_info_frame", domain.isPvGuest() ? domain.sharedInfoFrame() : -1)
                .set("cpu_time", 0)
                .set("nr_online_vcpus", domain.onlineVcpus().cardinality())
                .set("max_vcpu_id", Integer.toUnsignedLong(domain.vcpus() - 1))
                .set("ssidref", machine.security().isPresent() ? domain.label() : 0)
                .setBytes("handle", domain.handle())
                .set("cpupool", domain.scheduling().pool().id())
                .setIfPresent("gpaddr_bits", GUEST_PHYSICAL_ADDRESS_BITS)
                .set("arch_config.emulation_flags", domain.emulationFlags());
    }

    private static XenDomain notDom0(XenDomain domain) {
        require(domain.domid() != 0, Errno.EINVAL);
        return domain;
    }

    private static XenDomain hvm(XenDomain domain) {
        require(domain.isHvm(), Errno.EINVAL);
        return domain;
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
