// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.SchedOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/** Hypercalls that create, list, pause and destroy domains, and set the CPU policy and the time of their vCPUs. */
public final class DomainCalls {
    /** Size of {@code struct vcpu_guest_context} on x86-64, the same from Xen 4.14 to 4.22. */
    public static final int VCPU_CONTEXT_BYTES = 5168;

    private static final int HYPERVISOR_DEFAULT = -1;
    private static final int DOMAINS_PER_CALL = 64;

    /**
     * The errors for a domain without a ring, without vCPUs (it is being built), and of a Xen built without monitors.
     */
    private static final Set<Errno> WITHOUT_MONITOR =
            Set.of(Errno.ENODEV, Errno.EINVAL, Errno.ENOSYS, Errno.EOPNOTSUPP);

    private final HypercallFactory calls;
    private final StableDomainInfo stable;

    DomainCalls(HypercallFactory calls, StableDomainInfo stable) {
        this.calls = calls;
        this.stable = stable;
    }

    /** {@code XEN_DOMCTL_createdomain} with a free domid, which is returned. The domain is paused and empty. */
    public int create(CreateDomain request) {
        return create(request, DomctlOp.DOMID_ANY);
    }

    /**
     * {@code XEN_DOMCTL_createdomain} with a domid of the caller's choice, as {@link #create(CreateDomain)}; EEXIST if a
     * domain has it.
     *
     * @param domid 1 … 0x7fef
     */
    public int create(CreateDomain request, int domid) {
        try (PreparedCall call = calls.domctl(DomctlOp.CREATEDOMAIN, domid)) {
            call.body()
                    .set("ssidref", request.extras().label())
                    .setBytes("handle", uuidBytes(request.handle()))
                    .set("flags", request.flags())
                    .set("iommu_opts", request.extras().iommuOptions())
                    .set("max_vcpus", request.maxVcpus())
                    .set("max_evtchn_port", request.limits().eventChannelPort())
                    .set("max_grant_frames", request.limits().grantFrames().orElse(HYPERVISOR_DEFAULT))
                    .set(
                            "max_maptrack_frames",
                            request.limits().maptrackFrames().orElse(HYPERVISOR_DEFAULT))
                    .setIfPresent("grant_opts", request.grantVersion())
                    .setIfPresent("vmtrace_size", request.extras().vmtraceBytes())
                    .setIfPresent("altp2m_opts", request.extras().altp2mMode())
                    .setIfPresent("altp2m.opts", request.extras().altp2mMode())
                    .setIfPresent("altp2m.nr", request.extras().altp2mCount())
                    .setIfPresent("arch.misc_flags", request.extras().miscFlags())
                    .set("arch.emulation_flags", request.emulationFlags());
            call.issue();
            return call.header().getInt("domain");
        }
    }

    /**
     * {@code XEN_DOMCTL_destroydomain}: returns when the domain is dead. Pages that are still mapped are freed with
     * their mappings.
     */
    public void destroy(int domid) {
        calls.domctlAndClose(DomctlOp.DESTROYDOMAIN, domid);
    }

    /** {@code XEN_DOMCTL_pausedomain}; counts, so each pause needs an unpause. */
    public void pause(int domid) {
        calls.domctlAndClose(DomctlOp.PAUSEDOMAIN, domid);
    }

    /** {@code XEN_DOMCTL_unpausedomain}; EINVAL if it is not paused by a toolstack. */
    public void unpause(int domid) {
        calls.domctlAndClose(DomctlOp.UNPAUSEDOMAIN, domid);
    }

    /** {@code XEN_DOMCTL_setdomainhandle}: gives the domain another UUID. Xen itself makes no use of it. */
    public void setHandle(int domid, UUID handle) {
        try (PreparedCall call = calls.domctl(DomctlOp.SETDOMAINHANDLE, domid)) {
            call.body().setBytes("handle", uuidBytes(handle));
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_getdomaininfo}; empty if there is no such domain. If only the stable interfaces of the release
     * are known, {@link StableDomainInfo} describes the missing values.
     */
    public Optional<DomainInfo> info(int domid) {
        if (!calls.abi().isComplete()) {
            return stable.info(domid);
        }
        try (PreparedCall call = calls.domctl(DomctlOp.GETDOMAININFO, domid)) {
            call.issue();
            DomainInfo info = decode(call.body());
            // Up to 4.17, Xen answers for the next higher domid if there is no such domain.
            return info.domid() == domid ? Optional.of(info) : Optional.empty();
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ESRCH)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** {@code XEN_SYSCTL_getdomaininfolist}: every domain, by ascending domid, dom0 included. */
    public List<DomainInfo> list() {
        if (!calls.abi().isComplete()) {
            return stable.list();
        }
        List<DomainInfo> all = new ArrayList<>();
        StructLayout element = calls.abi().struct("xen_domctl_getdomaininfo");
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
                    all.add(decode(element.at(array.bytes(), i * element.size())));
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

    /**
     * {@code XEN_DOMCTL_settscinfo}: sets how the guest reads its time stamp counter from now on.
     *
     * @param mode {@code TSC_MODE_*}: 0 default, 1 always emulated, 2 never emulated
     */
    public void setTscMode(int domid, int mode) {
        try (PreparedCall call = calls.domctl(DomctlOp.SETTSCINFO, domid)) {
            call.body().set("tsc_mode", mode);
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_settimeoffset}: sets the guest's emulated real-time clock and wall clock.
     *
     * @param seconds time by which the clocks are ahead of UTC
     */
    public void setTimeOffset(int domid, long seconds) {
        try (PreparedCall call = calls.domctl(DomctlOp.SETTIMEOFFSET, domid)) {
            call.body().set("time_offset_seconds", seconds);
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
            CpuPolicyCodec.encode(calls.abi(), policy, leaves.bytes(), msrs.bytes());
            call.body()
                    .set("nr_leaves", policy.leaves().size())
                    .set("nr_msrs", policy.msrs().size())
                    .set("leaves", leaves.address())
                    .set("msrs", msrs.address());
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_getvcpucontext}: the registers, a {@code struct vcpu_guest_context} of
     * {@code public/arch-x86/xen.h} of {@link #VCPU_CONTEXT_BYTES} bytes; empty if there is no such vCPU, or it was
     * never brought up.
     */
    public Optional<byte[]> vcpuContext(int domid, int vcpu) {
        try (HypercallBuffer context = calls.buffer(VCPU_CONTEXT_BYTES);
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

    /**
     * {@code XEN_DOMCTL_setvcpucontext}: gives a vCPU of a PV domain its registers and brings it up. EINVAL if an address
     * is not canonical or the page tables are not the domain's.
     *
     * @param context a {@code struct vcpu_guest_context} of {@link #VCPU_CONTEXT_BYTES} bytes
     */
    public void setVcpuContext(int domid, int vcpu, byte[] context) {
        try (HypercallBuffer buffer = calls.buffer(VCPU_CONTEXT_BYTES);
                PreparedCall call = calls.domctl(DomctlOp.SETVCPUCONTEXT, domid)) {
            buffer.bytes().put(context);
            call.body().set("vcpu", vcpu).set("ctxt", buffer.address());
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_hypercall_init}: writes the entries of hypercalls to a page of a PV domain. */
    public void initHypercallPage(int domid, long machineFrame) {
        try (PreparedCall call = calls.domctl(DomctlOp.HYPERCALL_INIT, domid)) {
            call.body().set("gmfn", machineFrame);
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_getdomaininfo}: the machine frame of the page that a PV domain shares with Xen. */
    public long sharedInfoFrame(int domid) {
        try (PreparedCall call = calls.domctl(DomctlOp.GETDOMAININFO, domid)) {
            call.issue();
            return call.body().get("shared_info_frame");
        }
    }

    /**
     * Whether a monitor, such as an introspection program, is attached to the domain: whether the domain has the ring
     * that {@code XEN_DOMCTL_vm_event_op} enables. No call reads this. The resume operation fails with ENODEV without a
     * ring; with one, it only consumes answers that the monitor has written already ({@code vm_event_resume()} in Xen's
     * {@code common/vm_event.c}). In a Xen built without monitors the result is false.
     *
     * <p>If only the stable interfaces of the release are known, the result is false.
     *
     * @param domid a domain that is not dying; for a dying one the result is true
     */
    public boolean monitorAttached(int domid) {
        if (!calls.abi().isComplete()) {
            return false;
        }
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
     * {@code XEN_VM_EVENT_ENABLE}: enables the monitor ring of a domain, in the page of
     * {@link HvmParam#MONITOR_RING_PFN}; EBUSY if it is enabled.
     *
     * @return the domain's event channel port, which a monitor in dom0 binds
     */
    public int attachMonitor(int domid) {
        return monitor(domid, DomctlOp.VM_EVENT_ENABLE);
    }

    /** {@code XEN_VM_EVENT_DISABLE}: disables the monitor ring of a domain; EINVAL if it is disabled. */
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

    /** {@code SCHEDOP_remote_shutdown}: stops the domain at once with a reason. */
    public void remoteShutdown(int domid, int reason) {
        try (PreparedCall call =
                calls.schedOp("SCHEDOP_remote_shutdown", SchedOp.REMOTE_SHUTDOWN, domid, "sched_remote_shutdown")) {
            call.body().set("domain_id", domid).set("reason", reason);
            call.issue();
        }
    }

    private static DomainInfo decode(StructView info) {
        return new DomainInfo(
                info.getInt("domain"),
                info.getInt("flags"),
                info.get("tot_pages"),
                info.get("max_pages"),
                info.get("outstanding_pages"),
                info.get("shr_pages"),
                info.get("cpu_time"),
                info.getInt("nr_online_vcpus"),
                info.getInt("max_vcpu_id"),
                uuid(info.getBytes("handle")),
                info.getInt("ssidref"),
                info.getInt("cpupool"),
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
}
