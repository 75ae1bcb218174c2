// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.EventChannelOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.SchedOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * Typed hypercalls to the running Xen, encoded for its release. Safe to use from many threads. Every method throws
 * {@link HypercallException} when Xen refuses; domids must be 0 … 0x7FEF (Xen's argument has 16 bits and would
 * silently truncate a larger one), anything else is an {@link IllegalArgumentException} before any call.
 *
 * <p>It does not own the libraries that it was opened on.
 */
public final class Xenctrl {
    /** Size of {@code struct vcpu_guest_context} on x86-64, the same from Xen 4.14 to 4.22. */
    public static final int VCPU_CONTEXT_BYTES = 5168;

    private static final int MAX_EVENT_CHANNEL_PORT = 1023;
    private static final int HYPERVISOR_DEFAULT = -1;
    private static final int DOMAINS_PER_CALL = 64;

    /** No ring; no vCPUs yet (the domain is being built); Xen was built without monitors. */
    private static final Set<Errno> WITHOUT_MONITOR =
            Set.of(Errno.ENODEV, Errno.EINVAL, Errno.ENOSYS, Errno.EOPNOTSUPP);

    private final XenLibraries libraries;
    private final XenAbi abi;
    private final HypercallFactory calls;

    private Xenctrl(XenLibraries libraries, XenAbi abi) {
        this.libraries = libraries;
        this.abi = abi;
        this.calls = new HypercallFactory(libraries.call(), abi);
    }

    /**
     * Asks the running Xen for its release, and for one answer in each of the two interface versions that the
     * release should have.
     *
     * @throws UnsupportedXenException if that release is not described here, or its interface was patched
     * @throws XenAccessException if this is not the control domain
     */
    public static Xenctrl open(XenLibraries libraries) {
        XenRelease running;
        try {
            running = XenRelease.ofVersionCall(libraries.call().call(Hypercall.XEN_VERSION.number(), 0, 0));
        } catch (XenLibException e) {
            throw new HypercallException("XENVER_version", HypercallException.NO_DOMAIN, e.errno(), e);
        }
        XenAbi abi = XenAbi.of(running)
                .orElseThrow(() -> new UnsupportedXenException(running, "its interface is not described here"));
        Xenctrl xenctrl = new Xenctrl(libraries, abi);
        probe(running, "sysctl", xenctrl::physInfo);
        probe(running, "domctl", () -> xenctrl.domainInfo(0));
        return xenctrl;
    }

    private static void probe(XenRelease running, String interfaceName, Runnable harmlessCall) {
        try {
            harmlessCall.run();
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EACCES)) {
                throw new UnsupportedXenException(
                        running, "it wants another " + interfaceName + " interface version than that release");
            }
            if (e.errno().equals(Errno.EPERM)) {
                throw new XenAccessException(
                        "Xen refuses this domain what only its control domain may do: run in dom0", e);
            }
            throw e;
        }
    }

    public XenAbi abi() {
        return abi;
    }

    public XenLibraries libraries() {
        return libraries;
    }

    /** {@code XENVER_extraversion}: what follows the release in Xen's version, such as {@code ".7"}. */
    public String extraVersion() {
        return version("XENVER_extraversion", 1, 16);
    }

    /** {@code XENVER_capabilities}: the kinds of guests that it runs, such as {@code "xen-3.0-x86_64 hvm-3.0-x86_64 "}. */
    public String capabilities() {
        return version("XENVER_capabilities", 3, 1024);
    }

    /** One of the facts about Xen, as it lies in Xen's structures, padded with zeroes. */
    public byte[] versionBytes(VersionFact fact) {
        try (HypercallBuffer buffer = libraries.call().allocBuffer(fact.bytes())) {
            calls.issue(
                    "XENVER_" + fact.name().toLowerCase(Locale.ROOT),
                    HypercallException.NO_DOMAIN,
                    Hypercall.XEN_VERSION,
                    fact.number(),
                    buffer.address());
            byte[] bytes = new byte[fact.bytes()];
            buffer.bytes().get(bytes);
            return bytes;
        }
    }

    private String version(String name, int subcommand, int bytes) {
        try (HypercallBuffer text = libraries.call().allocBuffer(bytes)) {
            calls.issue(name, HypercallException.NO_DOMAIN, Hypercall.XEN_VERSION, subcommand, text.address());
            return cString(text.bytes(), bytes);
        }
    }

    // ---- host ---------------------------------------------------------------------------------------------

    /** {@code XEN_SYSCTL_physinfo}. */
    public PhysInfo physInfo() {
        try (PreparedCall call = calls.sysctl(SysctlOp.PHYSINFO)) {
            call.issue();
            StructView info = call.body();
            return new PhysInfo(
                    info.getInt("nr_cpus"),
                    info.getInt("cpu_khz"),
                    info.getInt("capabilities"),
                    info.get("total_pages"),
                    info.get("free_pages"),
                    info.get("scrub_pages"),
                    info.get("outstanding_pages"));
        }
    }

    /**
     * {@code XEN_SYSCTL_readconsole}: the hypervisor's console ring, oldest first.
     *
     * @param maxBytes at most this much of its beginning
     */
    public String readConsole(int maxBytes) {
        try (HypercallBuffer text = libraries.call().allocBuffer(maxBytes);
                PreparedCall call = calls.sysctl(SysctlOp.READCONSOLE)) {
            call.body().set("buffer", text.address()).set("count", maxBytes);
            call.issue();
            byte[] content = new byte[call.body().getInt("count")];
            text.bytes().get(0, content);
            return new String(content, StandardCharsets.UTF_8);
        }
    }

    /** {@code XEN_SYSCTL_get_cpu_policy} of what HVM and PVH domains get by default. */
    public CpuPolicy defaultHvmCpuPolicy() {
        int leafCapacity;
        int msrCapacity;
        try (PreparedCall sizes = calls.sysctl(SysctlOp.GET_CPU_POLICY)) {
            sizes.body().set("index", SysctlOp.CPU_POLICY_HVM_DEFAULT);
            sizes.issue();
            leafCapacity = sizes.body().getInt("nr_leaves");
            msrCapacity = sizes.body().getInt("nr_msrs");
        }
        try (HypercallBuffer leaves = calls.array("xen_cpuid_leaf", leafCapacity);
                HypercallBuffer msrs = calls.array("xen_msr_entry", msrCapacity);
                PreparedCall call = calls.sysctl(SysctlOp.GET_CPU_POLICY)) {
            call.body()
                    .set("index", SysctlOp.CPU_POLICY_HVM_DEFAULT)
                    .set("nr_leaves", leafCapacity)
                    .set("nr_msrs", msrCapacity)
                    .set("leaves", leaves.address())
                    .set("msrs", msrs.address());
            call.issue();
            return CpuPolicyCodec.decode(
                    abi,
                    leaves.bytes(),
                    call.body().getInt("nr_leaves"),
                    msrs.bytes(),
                    call.body().getInt("nr_msrs"));
        }
    }

    // ---- domains ------------------------------------------------------------------------------------------

    /** {@code XEN_DOMCTL_createdomain} with a free domid, which is returned. The domain is paused and empty. */
    public int createDomain(CreateDomain request) {
        try (PreparedCall call = calls.domctl(DomctlOp.CREATEDOMAIN, DomctlOp.DOMID_ANY)) {
            call.body()
                    .setBytes("handle", uuidBytes(request.handle()))
                    .set("flags", request.flags())
                    .set("max_vcpus", request.maxVcpus())
                    .set("max_evtchn_port", MAX_EVENT_CHANNEL_PORT)
                    .set("max_grant_frames", HYPERVISOR_DEFAULT)
                    .set("max_maptrack_frames", HYPERVISOR_DEFAULT)
                    .set("grant_opts", request.grantVersion())
                    .set("arch.emulation_flags", request.emulationFlags());
            call.issue();
            return call.header().getInt("domain");
        }
    }

    /** {@code XEN_DOMCTL_destroydomain}: returns once the domain is dead; its last pages go with their mappings. */
    public void destroyDomain(int domid) {
        calls.domctlAndClose(DomctlOp.DESTROYDOMAIN, domid);
    }

    /** {@code XEN_DOMCTL_pausedomain}; counts, so each pause needs an unpause. */
    public void pauseDomain(int domid) {
        calls.domctlAndClose(DomctlOp.PAUSEDOMAIN, domid);
    }

    /** {@code XEN_DOMCTL_unpausedomain}; EINVAL if it is not paused by a toolstack. */
    public void unpauseDomain(int domid) {
        calls.domctlAndClose(DomctlOp.UNPAUSEDOMAIN, domid);
    }

    /** {@code XEN_DOMCTL_setdomainhandle}: gives the domain another UUID. Xen itself makes no use of it. */
    public void setDomainHandle(int domid, UUID handle) {
        try (PreparedCall call = calls.domctl(DomctlOp.SETDOMAINHANDLE, domid)) {
            call.body().setBytes("handle", uuidBytes(handle));
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_sendtrigger}. A button that the guest's machine does not have is pressed without effect, and
     * without an error.
     *
     * @param trigger such as {@link DomctlOp#SENDTRIGGER_POWER}; ENOSYS if Xen does not know it
     * @param vcpu which one gets an NMI; of no meaning for others
     */
    public void sendTrigger(int domid, int trigger, int vcpu) {
        try (PreparedCall call = calls.domctl(DomctlOp.SENDTRIGGER, domid)) {
            call.body().set("trigger", trigger).set("vcpu", vcpu);
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_getdomaininfo}; empty if there is no such domain. */
    public Optional<DomainInfo> domainInfo(int domid) {
        try (PreparedCall call = calls.domctl(DomctlOp.GETDOMAININFO, domid)) {
            call.issue();
            DomainInfo info = domainInfo(call.body());
            // Up to 4.17 Xen answers for the next higher domid if there is no such domain.
            return info.domid() == domid ? Optional.of(info) : Optional.empty();
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ESRCH)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** {@code XEN_SYSCTL_getdomaininfolist}: every domain, by ascending domid, dom0 included. */
    public List<DomainInfo> domains() {
        List<DomainInfo> all = new ArrayList<>();
        StructLayout element = abi.struct("xen_domctl_getdomaininfo");
        int first = 0;
        int found;
        do {
            try (HypercallBuffer array = calls.array(element.name(), DOMAINS_PER_CALL);
                    PreparedCall call = calls.sysctl(SysctlOp.GETDOMAININFOLIST)) {
                call.body()
                        .set("first_domain", first)
                        .set("max_domains", DOMAINS_PER_CALL)
                        .set("buffer", array.address());
                call.issue();
                found = call.body().getInt("num_domains");
                for (int i = 0; i < found; i++) {
                    all.add(domainInfo(element.at(array.bytes(), i * element.size())));
                }
            }
            first = all.isEmpty() ? 0 : all.get(all.size() - 1).domid() + 1;
        } while (found == DOMAINS_PER_CALL);
        return List.copyOf(all);
    }

    /** {@code XEN_DOMCTL_max_vcpus}: allocates the vCPUs; the number must be createdomain's. */
    public void setMaxVcpus(int domid, int vcpus) {
        try (PreparedCall call = calls.domctl(DomctlOp.MAX_VCPUS, domid)) {
            call.body().set("max", vcpus);
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_max_mem}: sets max_pages to {@code kib / 4}, also below what the domain owns. */
    public void setMaxMemKib(int domid, long kib) {
        try (PreparedCall call = calls.domctl(DomctlOp.MAX_MEM, domid)) {
            call.body().set("max_memkb", kib);
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_set_paging_mempool_size}: memory for the domain's page tables; whole pages. */
    public void setPagingMempoolBytes(int domid, long bytes) {
        try (PreparedCall call = calls.domctl(DomctlOp.SET_PAGING_MEMPOOL_SIZE, domid)) {
            call.body().set("size", bytes);
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_settscinfo}: what the guest reads as its time stamp counter, from now on.
     *
     * @param mode {@code TSC_MODE_*}: 0 default, 1 always emulated, 2 never emulated
     */
    public void setTscMode(int domid, int mode) {
        try (PreparedCall call = calls.domctl(DomctlOp.SETTSCINFO, domid)) {
            call.body().set("tsc_mode", mode);
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_set_cpu_policy}: merges leaves and MSRs into the domain's policy. */
    public void setCpuPolicy(int domid, CpuPolicy policy) {
        try (HypercallBuffer leaves =
                        calls.array("xen_cpuid_leaf", policy.leaves().size());
                HypercallBuffer msrs =
                        calls.array("xen_msr_entry", policy.msrs().size());
                PreparedCall call = calls.domctl(DomctlOp.SET_CPU_POLICY, domid)) {
            CpuPolicyCodec.encode(abi, policy, leaves.bytes(), msrs.bytes());
            call.body()
                    .set("nr_leaves", policy.leaves().size())
                    .set("nr_msrs", policy.msrs().size())
                    .set("leaves", leaves.address())
                    .set("msrs", msrs.address());
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_gethvmcontext}: the domain's HVM save records. */
    public byte[] hvmContext(int domid) {
        int size;
        try (PreparedCall sizes = calls.domctl(DomctlOp.GETHVMCONTEXT, domid)) {
            sizes.issue();
            size = sizes.body().getInt("size");
        }
        try (HypercallBuffer records = libraries.call().allocBuffer(size);
                PreparedCall call = calls.domctl(DomctlOp.GETHVMCONTEXT, domid)) {
            call.body().set("size", size).set("buffer", records.address());
            call.issue();
            byte[] used = new byte[call.body().getInt("size")];
            records.bytes().get(0, used);
            return used;
        }
    }

    /**
     * {@code XEN_DOMCTL_getvcpucontext}: registers as {@code struct vcpu_guest_context} of {@code
     * public/arch-x86/xen.h} has them, {@link #VCPU_CONTEXT_BYTES} long; empty if there is no such vCPU, or it was never
     * brought up.
     */
    public Optional<byte[]> vcpuContext(int domid, int vcpu) {
        try (HypercallBuffer context = libraries.call().allocBuffer(VCPU_CONTEXT_BYTES);
                PreparedCall call = calls.domctl(DomctlOp.GETVCPUCONTEXT, domid)) {
            call.body().set("vcpu", vcpu).set("ctxt", context.address());
            call.issue();
            byte[] bytes = new byte[VCPU_CONTEXT_BYTES];
            context.bytes().get(bytes);
            return Optional.of(bytes);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENODATA)
                    || e.errno().equals(Errno.EINVAL)
                    || e.errno().equals(Errno.ESRCH)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** {@code XEN_DOMCTL_sethvmcontext}: all vCPUs go down, those with a CPU record come up. */
    public void setHvmContext(int domid, byte[] records) {
        try (HypercallBuffer buffer = libraries.call().allocBuffer(records.length);
                PreparedCall call = calls.domctl(DomctlOp.SETHVMCONTEXT, domid)) {
            buffer.bytes().put(records);
            call.body().set("size", records.length).set("buffer", buffer.address());
            call.issue();
        }
    }

    /**
     * Whether a monitor, such as an introspection program, is attached to the domain: whether it has the ring that
     * {@code XEN_DOMCTL_vm_event_op} enables. No call asks that; resume is ENODEV without a ring, and with one only
     * takes from it the answers that the monitor has put there already ({@code vm_event_resume()} in Xen's {@code
     * common/vm_event.c}). A Xen built without monitors has none attached.
     *
     * @param domid a domain that lives: a dying one answers as if it had a monitor
     */
    public boolean monitorAttached(int domid) {
        try {
            monitor(domid, DomctlOp.VM_EVENT_RESUME);
            return true;
        } catch (HypercallException e) {
            if (WITHOUT_MONITOR.contains(e.errno())) {
                return false;
            }
            throw e;
        }
    }

    /**
     * {@code XEN_VM_EVENT_ENABLE}: gives the domain the ring of a monitor, in the page that {@link
     * HvmParam#MONITOR_RING_PFN} names; EBUSY if it has one.
     *
     * @return the domain's event channel port for a monitor in dom0 to bind
     */
    public int attachMonitor(int domid) {
        return monitor(domid, DomctlOp.VM_EVENT_ENABLE);
    }

    /** {@code XEN_VM_EVENT_DISABLE}: takes it away; EINVAL if it has none. */
    public void detachMonitor(int domid) {
        monitor(domid, DomctlOp.VM_EVENT_DISABLE);
    }

    private int monitor(int domid, int operation) {
        try (PreparedCall call = calls.domctl(DomctlOp.VM_EVENT_OP, domid)) {
            call.body().set("op", operation).set("mode", DomctlOp.VM_EVENT_OP_MONITOR);
            call.issue();
            return call.body().getInt("u.enable.port");
        }
    }

    /** {@code SCHEDOP_remote_shutdown}: the domain stops at once with that reason. */
    public void remoteShutdown(int domid, int reason) {
        try (PreparedCall call = calls.schedOp("SCHEDOP_remote_shutdown", SchedOp.REMOTE_SHUTDOWN, domid)) {
            call.body().set("domain_id", domid).set("reason", reason);
            call.issue();
        }
    }

    // ---- memory -------------------------------------------------------------------------------------------

    /**
     * {@code XENMEM_populate_physmap}: gives the domain pages, or populate-on-demand entries, at these gfns.
     *
     * @param gfns first gfn of each extent
     * @param order log2 of pages per extent: 0, 9 (2 MiB) or 18 (1 GiB)
     * @param memFlags 0 or {@link MemoryOp#XENMEMF_POPULATE_ON_DEMAND}
     * @return extents done; fewer than asked is the only sign of failure, whatever the reason
     */
    public int populatePhysmap(int domid, long[] gfns, int order, int memFlags) {
        return reserve(MemoryOp.POPULATE_PHYSMAP, domid, gfns, order, memFlags);
    }

    /**
     * {@code XENMEM_decrease_reservation}: takes what is at these gfns from the domain, as its own balloon driver
     * does.
     *
     * @param gfns first gfn of each extent
     * @param order log2 of pages per extent, at most 18
     * @return extents done; fewer than asked is the only sign of failure, whatever the reason
     */
    public int decreaseReservation(int domid, long[] gfns, int order) {
        return reserve(MemoryOp.DECREASE_RESERVATION, domid, gfns, order, 0);
    }

    private int reserve(MemoryOp op, int domid, long[] gfns, int order, int memFlags) {
        try (HypercallBuffer list = libraries.call().allocBuffer(gfns.length * Long.BYTES);
                PreparedCall call = calls.memoryOp(op, domid)) {
            list.bytes().asLongBuffer().put(gfns);
            call.body()
                    .set("extent_start", list.address())
                    .set("nr_extents", gfns.length)
                    .set("extent_order", order)
                    .set("mem_flags", memFlags)
                    .set("domid", domid);
            return call.issue();
        }
    }

    /**
     * {@code XENMEM_add_to_physmap} with {@code XENMAPSPACE_gmfn}: moves the page at one gfn of the domain to another;
     * a populate-on-demand entry there is populated first.
     */
    public void movePage(int domid, long fromGfn, long toGfn) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.ADD_TO_PHYSMAP, domid)) {
            call.body()
                    .set("domid", domid)
                    .set("space", MemoryOp.XENMAPSPACE_GMFN)
                    .set("idx", fromGfn)
                    .set("gpfn", toGfn);
            call.issue();
        }
    }

    /**
     * {@code XENMEM_claim_pages}: sets host memory aside for the domain, so that later allocations cannot fail
     * half-way. Fails with ENOMEM, and takes nothing, if the host cannot back it.
     *
     * @param pages the domain's total afterwards, what it already owns included: more than that and at most
     *     max_pages (else EINVAL); 0 gives the claim back
     */
    public void claimPages(int domid, long pages) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.CLAIM_PAGES, domid)) {
            call.body().set("nr_extents", pages).set("domid", domid);
            call.issue();
        }
    }

    /**
     * {@code XENMEM_set_pod_target}: grows the PoD cache so that the domain owns that many pages. Success says
     * little: Xen answers 0 to every request that it ignores, so look at the counters that come back.
     *
     * @param targetPages wanted tot_pages, at most max_pages (else EINVAL)
     */
    public PodCounters setPodTarget(int domid, long targetPages) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.SET_POD_TARGET, domid)) {
            call.body().set("target_pages", targetPages).set("domid", domid);
            call.issue();
            return podTarget(call.body());
        }
    }

    /** {@code XENMEM_get_pod_target}; EINVAL for PV domains, dom0 among them. */
    public PodCounters podTarget(int domid) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.GET_POD_TARGET, domid)) {
            call.body().set("domid", domid);
            call.issue();
            return podTarget(call.body());
        }
    }

    /** {@code XENMEM_set_memory_map}: the e820 that the guest may ask Xen for. */
    public void setMemoryMap(int domid, List<MemoryMapEntry> map) {
        StructLayout entry = abi.struct("e820entry");
        try (HypercallBuffer table = calls.array(entry.name(), map.size());
                PreparedCall call = calls.memoryOp(MemoryOp.SET_MEMORY_MAP, domid)) {
            for (int i = 0; i < map.size(); i++) {
                entry.at(table.bytes(), i * entry.size())
                        .set("addr", map.get(i).address())
                        .set("size", map.get(i).bytes())
                        .set("type", map.get(i).type().number());
            }
            call.body().set("domid", domid).set("map.nr_entries", map.size()).set("map.buffer", table.address());
            call.issue();
        }
    }

    // ---- HVM parameters and event channels -----------------------------------------------------------------

    /** {@code HVMOP_set_param}. */
    public void setHvmParam(int domid, HvmParam param, long value) {
        try (PreparedCall call = calls.hvmParam("HVMOP_set_param", HvmParam.HVMOP_SET_PARAM, domid, param)) {
            call.body().set("value", value);
            call.issue();
        }
    }

    /** {@code HVMOP_get_param}. */
    public long hvmParam(int domid, HvmParam param) {
        try (PreparedCall call = calls.hvmParam("HVMOP_get_param", HvmParam.HVMOP_GET_PARAM, domid, param)) {
            call.issue();
            return call.body().get("value");
        }
    }

    /** {@code EVTCHNOP_alloc_unbound} in the guest: a port of {@code domid} that {@code remoteDomid} may bind. */
    public int allocUnboundPort(int domid, int remoteDomid) {
        try (PreparedCall call = calls.eventChannelOp(EventChannelOp.ALLOC_UNBOUND, domid)) {
            call.body().set("dom", domid).set("remote_dom", HypercallFactory.requireDomid(remoteDomid));
            call.issue();
            return call.body().getInt("port");
        }
    }

    // ---- conversions --------------------------------------------------------------------------------------

    private static PodCounters podTarget(StructView answer) {
        return new PodCounters(answer.get("tot_pages"), answer.get("pod_cache_pages"), answer.get("pod_entries"));
    }

    private static DomainInfo domainInfo(StructView info) {
        return new DomainInfo(
                info.getInt("domain"),
                info.getInt("flags"),
                info.get("tot_pages"),
                info.get("max_pages"),
                info.get("outstanding_pages"),
                info.get("cpu_time"),
                info.getInt("nr_online_vcpus"),
                info.getInt("max_vcpu_id"),
                uuid(info.getBytes("handle")),
                info.getInt("arch_config.emulation_flags"));
    }

    private static byte[] uuidBytes(UUID uuid) {
        return ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
    }

    private static UUID uuid(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    private static String cString(ByteBuffer bytes, int max) {
        int length = 0;
        while (length < max && bytes.get(length) != 0) {
            length++;
        }
        byte[] content = new byte[length];
        bytes.get(0, content);
        return new String(content, StandardCharsets.UTF_8);
    }
}
