// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.sim.memory.DomainMemory;

/** The state of one domain in Xen. The rules are in the classes that handle hypercalls. */
public final class XenDomain {
    private static final int MAX_PAUSE_COUNT = 255;

    private final int domid;
    private final boolean hvm;
    private final int createFlags;
    private final int emulationFlags;
    private final int maxVcpus;
    private final DomainMemory memory;
    private final DomainOverhead overhead;
    private final EventChannels eventChannels;
    private final GrantTable grants;
    private final HvmParams params;
    private final DomainScheduling scheduling;
    private final PinnedTables pinnedTables = new PinnedTables();
    private final BitSet onlineVcpus = new BitSet();
    private final BitSet pluggedVcpus = new BitSet();
    private final BitSet ioreqServers = new BitSet();
    private final Map<SaveRecordId, byte[]> saveRecords = new HashMap<>();
    private byte[] handle;
    private int label;
    private byte[] memoryMap = new byte[0];
    private Optional<VirtualNodes> virtualNodes = Optional.empty();
    private OptionalInt monitorPort = OptionalInt.empty();
    private final Map<Integer, byte[]> vcpuRegisters = new HashMap<>();
    private final Map<VcpuPartId, byte[]> vcpuParts = new HashMap<>();
    private Optional<byte[]> cpuid = Optional.empty();
    private Optional<byte[]> featureMsrs = Optional.empty();
    private Tsc tsc = new Tsc(0, 0, 0, 0);
    private boolean vcpusAllocated;
    private int pauseCount = 1;
    private boolean creationFinished;
    private OptionalInt shutdownReason = OptionalInt.empty();
    private boolean dead;

    /**
     * The state of the time stamp counter.
     *
     * @param mode {@code TSC_MODE_*}
     * @param khz the frequency that the guest sees; 0 is the host's
     * @param nanoseconds of the guest's time
     * @param incarnation how often it was set
     */
    public record Tsc(int mode, long khz, long nanoseconds, long incarnation) {}

    /** The parts of a PV vCPU beside its registers. */
    public enum VcpuPart {
        /** {@code xen_domctl_ext_vcpucontext}. */
        EXTENDED,
        /** The state that XSAVE saves. */
        XSAVE,
        /** Model-specific registers. */
        MSRS
    }

    /** Identifies a part of a vCPU. */
    private record VcpuPartId(int vcpu, VcpuPart part) {}

    /** Identifies a record of an HVM save stream. */
    private record SaveRecordId(int typecode, int instance) {}

    XenDomain(
            int domid,
            byte[] handle,
            int createFlags,
            boolean hvm,
            int emulationFlags,
            int maxVcpus,
            DomainMemory memory,
            DomainOverhead overhead,
            EventChannels eventChannels,
            GrantTable grants,
            HvmParams params,
            DomainScheduling scheduling) {
        this.domid = domid;
        this.handle = handle.clone();
        this.label = SecurityModule.sid(domid);
        this.createFlags = createFlags;
        this.hvm = hvm;
        this.emulationFlags = emulationFlags;
        this.maxVcpus = maxVcpus;
        this.memory = memory;
        this.overhead = overhead;
        this.eventChannels = eventChannels;
        this.grants = grants;
        this.params = params;
        this.scheduling = scheduling;
    }

    /** The domain's number. */
    public int domid() {
        return domid;
    }

    /** The domain's UUID. */
    public byte[] handle() {
        return handle.clone();
    }

    /** Changes the domain's UUID. */
    public void setHandle(byte[] newHandle) {
        handle = newHandle.clone();
    }

    /** Whether the domain has an address space of its own: HVM and PVH. */
    public boolean isHvm() {
        return hvm;
    }

    /** Whether the domain is a paravirtual guest, whose pages are addressed by machine frame. */
    public boolean isPvGuest() {
        return !hvm && domid != 0;
    }

    /** The page tables of a PV guest that Xen has checked. */
    public PinnedTables pinnedTables() {
        return pinnedTables;
    }

    /** The number of the domain's security label. */
    public int label() {
        return label;
    }

    /** Gives the domain the label that its creator asked for. */
    public void setLabel(int sid) {
        label = sid;
    }

    /** The flags of {@code createdomain}. */
    public int createFlags() {
        return createFlags;
    }

    /** The {@code emulation_flags} of {@code createdomain}. */
    public int emulationFlags() {
        return emulationFlags;
    }

    /** The number of vCPUs that the domain may have. */
    public int maxVcpus() {
        return maxVcpus;
    }

    /** The domain's memory. */
    public DomainMemory memory() {
        return memory;
    }

    DomainOverhead overhead() {
        return overhead;
    }

    /** The size of the pool for page tables, in pages. */
    public long pagingPoolPages() {
        return overhead.pagingPoolPages();
    }

    /** Changes the size of the pool for page tables; ENOMEM if the host has fewer pages, which the pool then gets. */
    public void resizePagingPool(long pages) {
        overhead.resizePagingPool(pages);
    }

    /** The machine frame of the page that the domain shares with Xen. */
    public long sharedInfoFrame() {
        return overhead.sharedInfoFrame();
    }

    /** The domain's event channels. */
    public EventChannels eventChannels() {
        return eventChannels;
    }

    /** The domain's HVM parameters. */
    public HvmParams params() {
        return params;
    }

    /** Where and how the domain's vCPUs run. */
    public DomainScheduling scheduling() {
        return scheduling;
    }

    /** The domain's grant table. */
    public GrantTable grants() {
        return grants;
    }

    /** The vCPUs that are up. */
    public BitSet onlineVcpus() {
        return onlineVcpus;
    }

    /** The vCPUs that the device model of an HVM guest has. */
    public BitSet pluggedVcpus() {
        return pluggedVcpus;
    }

    /** The ids of the domain's I/O request servers. */
    public BitSet ioreqServers() {
        return ioreqServers;
    }

    /** The content of a save record that was loaded into the domain. */
    public Optional<byte[]> saveRecord(int typecode, int instance) {
        return Optional.ofNullable(saveRecords.get(new SaveRecordId(typecode, instance)));
    }

    /** Keeps a save record that was loaded into the domain. */
    public void setSaveRecord(int typecode, int instance, byte[] content) {
        saveRecords.put(new SaveRecordId(typecode, instance), content);
    }

    /** The memory map that the toolstack has set, as an array of {@code e820entry}. */
    public byte[] memoryMap() {
        return memoryMap.clone();
    }

    /** Sets the memory map. */
    public void setMemoryMap(byte[] entries) {
        memoryMap = entries.clone();
    }

    /** The NUMA nodes that the domain sees; empty if the toolstack has set none. */
    public Optional<VirtualNodes> virtualNodes() {
        return virtualNodes;
    }

    /** Sets the NUMA nodes that the domain sees. */
    public void setVirtualNodes(VirtualNodes nodes) {
        virtualNodes = Optional.of(nodes);
    }

    /** The event channel of a monitor's ring; empty if no monitor is attached. */
    public OptionalInt monitorPort() {
        return monitorPort;
    }

    /** Sets or clears the event channel of a monitor's ring. */
    public void setMonitorPort(OptionalInt port) {
        monitorPort = port;
    }

    /** The registers that dom0 has set for a vCPU. */
    public Optional<byte[]> vcpuRegisters(int vcpu) {
        return Optional.ofNullable(vcpuRegisters.get(vcpu)).map(byte[]::clone);
    }

    /** Sets the registers of a vCPU. */
    public void setVcpuRegisters(int vcpu, byte[] registers) {
        vcpuRegisters.put(vcpu, registers.clone());
    }

    /** A part of a PV vCPU beside its registers; empty if dom0 has not set it. */
    public Optional<byte[]> vcpuPart(int vcpu, VcpuPart part) {
        return Optional.ofNullable(vcpuParts.get(new VcpuPartId(vcpu, part))).map(byte[]::clone);
    }

    /** Sets a part of a PV vCPU beside its registers. */
    public void setVcpuPart(int vcpu, VcpuPart part, byte[] content) {
        vcpuParts.put(new VcpuPartId(vcpu, part), content.clone());
    }

    /** The CPUID leaves that dom0 has set, as an array of {@code xen_cpuid_leaf}. */
    public Optional<byte[]> cpuid() {
        return cpuid;
    }

    /** Sets the CPUID leaves. */
    public void setCpuid(byte[] leaves) {
        cpuid = Optional.of(leaves);
    }

    /** The feature MSRs that dom0 has set, as an array of {@code xen_msr_entry}. */
    public Optional<byte[]> featureMsrs() {
        return featureMsrs;
    }

    /** Sets the feature MSRs. */
    public void setFeatureMsrs(byte[] entries) {
        featureMsrs = Optional.of(entries);
    }

    /** The state of the time stamp counter. */
    public Tsc tsc() {
        return tsc;
    }

    /** Sets the time stamp counter. */
    public void setTsc(Tsc state) {
        tsc = state;
    }

    /** The number of vCPUs that exist: 0 until {@code max_vcpus} was called. */
    public int vcpus() {
        return vcpusAllocated ? maxVcpus : 0;
    }

    void allocateVcpus() {
        vcpusAllocated = true;
    }

    /** Whether the domain is paused. */
    public boolean isPaused() {
        return pauseCount > 0;
    }

    /** Pauses the domain once more; false if it is paused too often already. */
    public boolean pause() {
        if (pauseCount >= MAX_PAUSE_COUNT) {
            return false;
        }
        pauseCount++;
        return true;
    }

    boolean unpause() {
        if (pauseCount == 0) {
            return false;
        }
        pauseCount--;
        creationFinished |= pauseCount == 0;
        return true;
    }

    /** Whether the domain was ever unpaused. */
    public boolean isCreationFinished() {
        return creationFinished;
    }

    /** The reason for which the domain shut down; empty if it has not. */
    public OptionalInt shutdownReason() {
        return shutdownReason;
    }

    /** Sets the reason; false if there is one already, which then stays. */
    boolean shutDown(int reason) {
        if (shutdownReason.isPresent()) {
            return false;
        }
        shutdownReason = OptionalInt.of(reason);
        return true;
    }

    /** Forgets the shutdown; false if there was none. */
    boolean resume() {
        boolean stopped = shutdownReason.isPresent();
        shutdownReason = OptionalInt.empty();
        return stopped;
    }

    /** Whether the domain was destroyed. */
    public boolean isDead() {
        return dead;
    }

    void die() {
        dead = true;
    }

    /** Whether the domain's vCPUs can run. */
    public boolean isRunning() {
        return !isPaused() && shutdownReason.isEmpty() && !memory.dying() && !onlineVcpus.isEmpty();
    }
}
