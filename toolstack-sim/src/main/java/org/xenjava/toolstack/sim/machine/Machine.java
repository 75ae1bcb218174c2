// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.DomainMemory;
import org.xenjava.toolstack.sim.memory.HostMemory;
import org.xenjava.toolstack.sim.memory.MemoryEvents;
import org.xenjava.toolstack.sim.memory.MemoryRules;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The simulated host and its hypervisor: memory, domains and their states. Every access from outside holds
 * {@link #lock}. What runs in domains, and the daemons of dom0, follow as {@link DomainListener}s.
 */
public final class Machine {
    private static final int SHUTDOWN_CRASH = 3;
    private static final int LAST_DOMID = 0x7FEF;
    private static final int MAX_EVENT_CHANNEL_PORT = 1023;
    private static final int DOM0_EMULATION_FLAGS = 0x100;
    private static final long UNLIMITED_PAGES = 0xFFFF_FFFFL;

    private final Hardware hardware;
    private final XenAbi abi;
    private final XenRelease release;
    private final ReleaseBehaviour behaviour;
    private final HostMemory host;
    private final String commandLine;
    private final PhysicalMemory content = new PhysicalMemory();
    private final ConsoleRing console = new ConsoleRing();
    private final MemoryRules memoryRules;
    private final List<DomainListener> listeners = new ArrayList<>();
    private final TreeMap<Integer, XenDomain> domains = new TreeMap<>();
    private final WatchdogTimers watchdog;
    private final Optional<SecurityModule> security;
    private final HypervisorParameters parameters = new HypervisorParameters();
    private final MachinePools pools;
    private final HardwareRights rights = new HardwareRights();
    private final PciBus pci;
    private final UsbBuses usb;
    private int lastDomid;
    private boolean stopped;

    /**
     * A machine with that release of Xen, or with one that is not out yet: the newest, with the next interface
     * versions.
     *
     * @param hardware the computer that boots
     * @throws IllegalArgumentException if the release is older than those described
     */
    public Machine(XenRelease release, Hardware hardware) {
        MachineSize size = hardware.size();
        this.hardware = hardware;
        this.release = release;
        pools = new MachinePools(size.cpus(), size.nodes());
        pci = hardware.bus().get();
        usb = hardware.usb().get();
        watchdog = new WatchdogTimers(hardware.time(), this::watchdogExpired);
        security = SecurityModule.of(size.commandLine());
        abi = XenAbi.of(release).orElseGet(XenAbi::newest);
        behaviour = ReleaseBehaviour.of(release);
        host = new HostMemory(size.hostPages(), size.nodes());
        commandLine = size.commandLine();
        memoryRules =
                new MemoryRules(size.largestEntryOrder(), size.preemptionPending(), behaviour.podCrashSourceLine());
        if (size.xenPages() > 0 && host.takeLoose(size.xenPages()).isEmpty()) {
            throw new IllegalArgumentException("Xen of " + size.xenPages() + " pages does not fit the host");
        }
        createDom0(size.dom0Pages(), size.isDom0Limited() ? size.dom0Pages() : UNLIMITED_PAGES, size.dom0Vcpus());
    }

    private void createDom0(long pages, long limit, int vcpus) {
        XenDomain dom0 = newDomain(
                0, new byte[16], 0, commandLine.matches(".*\\bdom0=(\\S+,)?pvh\\b.*"), DOM0_EMULATION_FLAGS, vcpus);
        dom0.memory().setMaxPages(limit);
        for (long left = pages; left > 0; ) {
            int order = left >= 512 ? 9 : 0;
            if (!dom0.memory().increaseReservation(order)) {
                throw new IllegalArgumentException("dom0 of " + pages + " pages does not fit the host");
            }
            left -= 1L << order;
        }
        dom0.allocateVcpus();
        dom0.onlineVcpus().set(0, dom0.maxVcpus());
        dom0.unpause();
    }

    /** Flask; empty if Xen was booted without it. */
    public Optional<SecurityModule> security() {
        return security;
    }

    /** The parameters that can be changed while Xen runs. */
    public HypervisorParameters parameters() {
        return parameters;
    }

    /** The hardware of the host that domains may use. */
    public HardwareRights rights() {
        return rights;
    }

    /** All memory of the host, in pages. */
    public long hostPages() {
        return hardware.size().hostPages();
    }

    /** The lock that every access from outside holds. */
    public ReentrantLock lock() {
        return hardware.lock();
    }

    /** The memory map of the computer's firmware. */
    public List<FirmwareMemoryMap.Range> firmwareMemoryMap() {
        return FirmwareMemoryMap.of(hardware.size().hostPages());
    }

    /** Whether Xen was built with PV guests. */
    public boolean hasPvGuests() {
        return hardware.size().pvGuests() == MachineSize.PvGuests.SUPPORTED;
    }

    /** The release of Xen that the machine reports. */
    public XenRelease release() {
        return release;
    }

    /** What Xen was booted with. */
    public String commandLine() {
        return commandLine;
    }

    /** The interface version that a domctl must have. */
    public long domctlVersion() {
        return abi.constant("XEN_DOMCTL_INTERFACE_VERSION") + versionsAhead();
    }

    /** The interface version that a sysctl must have. */
    public long sysctlVersion() {
        return abi.constant("XEN_SYSCTL_INTERFACE_VERSION") + versionsAhead();
    }

    private int versionsAhead() {
        return release.equals(abi.release()) ? 0 : 1;
    }

    /** Layouts and numbers of the Xen release. */
    public XenAbi abi() {
        return abi;
    }

    /** Differences between Xen releases beyond their layouts. */
    public ReleaseBehaviour behaviour() {
        return behaviour;
    }

    /** The host's memory. */
    public HostMemory host() {
        return host;
    }

    /** The content of machine frames. */
    public PhysicalMemory content() {
        return content;
    }

    /** The hypervisor's console. */
    public ConsoleRing console() {
        return console;
    }

    /** Virtual time and what is scheduled in it. */
    public VirtualTime time() {
        return hardware.time();
    }

    /** Virtual time as a clock that any thread may read. */
    public Clock clock() {
        return new VirtualClock(this, ZoneOffset.UTC);
    }

    /** Rules of memory that depend on hardware and release. */
    public MemoryRules memoryRules() {
        return memoryRules;
    }

    /** Adds a listener; listeners are called in the order in which they were added. */
    public void addListener(DomainListener listener) {
        listeners.add(listener);
    }

    /** The pools of CPUs. */
    public MachinePools pools() {
        return pools;
    }

    /** The USB devices. */
    public UsbBuses usb() {
        return usb;
    }

    /** The PCI devices. */
    public PciBus pci() {
        return pci;
    }

    /** The watchdog timers of dom0. */
    public WatchdogTimers watchdog() {
        return watchdog;
    }

    private void watchdogExpired() {
        console.print("Watchdog timer fired for domain 0");
        console.print("Hardware Dom0 shutdown: watchdog rebooting machine");
        hardware.reset().run();
    }

    /** Ends everything that runs, as a reset does. Nothing reaches this machine afterwards. */
    public void stop() {
        stopped = true;
        hardware.time().clear();
        domains.values().forEach(XenDomain::pause);
        listeners.forEach(DomainListener::hostStops);
    }

    /** Whether the computer was rebooted since this machine booted. */
    public boolean isStopped() {
        return stopped;
    }

    // ---- domains ------------------------------------------------------------------------------------------

    /** The domain with that number, dying or not. */
    public Optional<XenDomain> find(int domid) {
        return Optional.ofNullable(domains.get(domid));
    }

    /** The domain with that number, or ESRCH. */
    public XenDomain require(int domid) {
        return find(domid).orElseThrow(() -> new XenRefusal(Errno.ESRCH));
    }

    /** All domains from a number on, ascending. */
    public Collection<XenDomain> from(int domid) {
        return domains.tailMap(domid).values();
    }

    /** A number that no domain has, following the last one given. */
    public int freeDomid() {
        int domid = lastDomid;
        do {
            domid = domid == LAST_DOMID ? 1 : domid + 1;
        } while (domains.containsKey(domid));
        lastDomid = domid;
        return domid;
    }

    /** Creates a domain, empty and paused. */
    public XenDomain newDomain(
            int domid, byte[] handle, int createFlags, boolean hvm, int emulationFlags, int maxVcpus) {
        DomainMemory memory = new DomainMemory(domid, host, content, new Events(domid), memoryRules);
        XenDomain domain = new XenDomain(
                domid,
                handle,
                createFlags,
                hvm,
                emulationFlags,
                maxVcpus,
                memory,
                new DomainOverhead(host),
                new EventChannels(MAX_EVENT_CHANNEL_PORT),
                new GrantTable(host, content, abi.struct("grant_entry_v1")),
                new HvmParams(behaviour),
                new DomainScheduling(pools.require(0, Errno.ENOENT), maxVcpus, pools.cpus()));
        if (domid != 0) {
            domain.overhead().takeForDomain(hvm);
            if (!hvm) {
                memory.shareWithXen(domain.sharedInfoFrame());
            }
        }
        domains.put(domid, domain);
        return domain;
    }

    /** Creates the domain's vCPUs; a second call has no effect. */
    public void allocateVcpus(XenDomain domain) {
        if (domain.vcpus() == 0) {
            domain.overhead().takeForVcpus(domain.maxVcpus());
            domain.allocateVcpus();
        }
    }

    /** Unpauses the domain; false if it is not paused. */
    public boolean unpause(XenDomain domain) {
        if (!domain.unpause()) {
            return false;
        }
        if (domain.domid() != 0 && domain.isRunning()) {
            listeners.forEach(listener -> listener.runs(domain));
        }
        return true;
    }

    /** {@code XEN_DOMCTL_resumedomain}; false if the domain has not shut down. */
    public boolean resume(XenDomain domain) {
        if (!domain.resume()) {
            return false;
        }
        if (domain.isRunning()) {
            listeners.forEach(listener -> listener.runs(domain));
        }
        return true;
    }

    /** Presses the ACPI power button of the domain. */
    public void pressPowerButton(XenDomain domain) {
        listeners.forEach(listener -> listener.powerButtonPressed(domain));
    }

    /** Lets the memory of a domain come from the nodes of its CPUs, unless the toolstack has chosen nodes. */
    public void followAffinities(XenDomain domain) {
        domain.scheduling().leadingCpus().ifPresent(cpus -> {
            domain.memory().preferredNodes().clear();
            cpus.stream().forEach(cpu -> domain.memory().preferredNodes().set(pools.nodeOf(cpu)));
        });
    }

    /** Adds a vCPU to those that the device model has for the domain; false if it has that vCPU. */
    public boolean plugVcpu(XenDomain domain, int vcpu) {
        if (domain.pluggedVcpus().get(vcpu)) {
            return false;
        }
        domain.pluggedVcpus().set(vcpu);
        listeners.forEach(listener -> listener.vcpuPlugged(domain));
        return true;
    }

    /** Shuts the domain down for that reason, unless it has already shut down. */
    public void shutDown(XenDomain domain, int reason) {
        if (domain.shutDown(reason)) {
            listeners.forEach(listener -> listener.hasShutDown(domain));
        }
    }

    /** {@code XEN_DOMCTL_destroydomain}. */
    public void destroy(XenDomain domain) {
        if (domain.isDead()) {
            return;
        }
        domain.pause();
        domain.eventChannels().all().forEach((port, channel) -> closePort(domain, port));
        domain.overhead().releasePagingPool();
        domain.die();
        pci.domainDied(domain.domid());
        rights.domainDied(domain.domid());
        domain.memory().destroy();
        listeners.forEach(listener -> listener.wasDestroyed(domain));
    }

    /** Forgets a dead domain once nothing refers to it any more. */
    public void buryIfGone(XenDomain domain) {
        if (domain.isDead()
                && domain.memory().totalPages() == 0
                && !domain.grants().isMapped()) {
            domain.grants().freeAll();
            domain.overhead().releaseAll();
            domains.remove(domain.domid());
        }
    }

    // ---- event channels -----------------------------------------------------------------------------------

    /** Closes a port; the other end can be bound again. */
    public void closePort(XenDomain domain, int port) {
        domain.eventChannels()
                .close(port)
                .filter(channel -> channel.state() == EventChannels.State.INTERDOMAIN)
                .ifPresent(channel -> find(channel.remoteDomid())
                        .ifPresent(remote -> remote.eventChannels().unbind(channel.remotePort())));
    }

    /** Sends an event to the other end of a port. */
    public void notifyPort(XenDomain domain, int port) {
        EventChannels.Channel channel =
                domain.eventChannels().find(port).orElseThrow(() -> new XenRefusal(Errno.EINVAL));
        if (channel.state() == EventChannels.State.INTERDOMAIN) {
            find(channel.remoteDomid())
                    .flatMap(remote -> remote.eventChannels().find(channel.remotePort()))
                    .ifPresent(remote -> remote.upcall().run());
        }
    }

    /** Events of one domain's memory. */
    private final class Events implements MemoryEvents {
        private final int domid;

        private Events(int domid) {
            this.domid = domid;
        }

        @Override
        public void print(String line) {
            console.print(line);
        }

        @Override
        public void crash(Actor actor, String sourceLine) {
            XenDomain domain = require(domid);
            console.print("domain_crash called from " + sourceLine);
            if (domain.shutdownReason().isEmpty()) {
                console.print(
                        actor.domid() == domid
                                ? "Domain " + domid + " (vcpu#0) crashed on cpu#0:"
                                : "Domain " + domid + " reported crashed by domain " + actor.domid() + " on cpu#0:");
            }
            shutDown(domain, SHUTDOWN_CRASH);
        }

        @Override
        public void emptied() {
            find(domid).ifPresent(Machine.this::buryIfGone);
        }
    }
}
