// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.xenjava.toolstack.sim.guest.GuestFactory;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.DomainMemory;
import org.xenjava.toolstack.sim.memory.HostMemory;
import org.xenjava.toolstack.sim.memory.HostMemory.Frames;
import org.xenjava.toolstack.sim.memory.MemoryEvents;
import org.xenjava.toolstack.sim.memory.MemoryRules;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The simulated host and its hypervisor: memory, domains and their lives. Everything that enters from outside does
 * so under {@link #lock}.
 */
final class Machine {
    /** Pages that Xen keeps for a domain's own structures, and for each vCPU's: measured on 4.17. */
    static final long DOMAIN_OVERHEAD_PAGES = 20;

    static final long VCPU_OVERHEAD_PAGES = 10;

    /** Page-table memory that an HVM or PVH domain starts with. */
    static final long INITIAL_PAGING_POOL_PAGES = 256;

    private static final int SHUTDOWN_CRASH = 3;
    private static final int LAST_DOMID = 0x7FEF;
    private static final int MAX_EVENT_CHANNEL_PORT = 1023;
    private static final int DOM0_EMULATION_FLAGS = 0x100;

    final ReentrantLock lock = new ReentrantLock();
    final XenAbi abi;
    final ReleaseBehaviour behaviour;
    final HostMemory host;
    final PhysicalMemory content = new PhysicalMemory();
    final ConsoleRing console = new ConsoleRing();
    final XenStored store;

    final HostKernel hostKernel;

    final VirtualTime time = new VirtualTime();
    final MemoryRules memoryRules;

    private final GuestFactory guestFactory;
    private final Map<Integer, GuestDomain> guests = new HashMap<>();
    private final TreeMap<Integer, XenDomain> domains = new TreeMap<>();
    private int lastDomid;

    Machine(XenAbi abi, SimulatedXen.Builder settings) {
        this.abi = abi;
        behaviour = ReleaseBehaviour.of(abi.release());
        host = new HostMemory(settings.hostPages());
        memoryRules = new MemoryRules(
                settings.largestEntryOrder(), settings.preemptionPending(), behaviour.podCrashSourceLine());
        hostKernel = new HostKernel(settings.blockDevices(), settings.bridges());
        guestFactory = settings.guestFactory();
        store = new XenStored(lock, new StoreLink(this));
        takeLoose(settings.xenPages());
        createDom0(settings.dom0Pages());
    }

    private void createDom0(long pages) {
        XenDomain dom0 = newDomain(0, new byte[16], 0, false, DOM0_EMULATION_FLAGS, 2);
        dom0.memory.setMaxPages(pages);
        for (long left = pages; left > 0; ) {
            int order = left >= 512 ? 9 : 0;
            if (!dom0.memory.increaseReservation(order)) {
                throw new IllegalArgumentException("dom0 of " + pages + " pages does not fit the host");
            }
            left -= 1L << order;
        }
        dom0.allocateVcpus();
        dom0.onlineVcpus.set(0, dom0.maxVcpus);
        dom0.unpause();
    }

    // ---- domains ------------------------------------------------------------------------------------------

    /** The domain with that number, dying or not. */
    Optional<XenDomain> find(int domid) {
        return Optional.ofNullable(domains.get(domid));
    }

    /** The domain with that number, or ESRCH. */
    XenDomain require(int domid) {
        return find(domid).orElseThrow(() -> new XenRefusal(Errno.ESRCH));
    }

    /** All domains from a number on, ascending. */
    Collection<XenDomain> from(int domid) {
        return domains.tailMap(domid).values();
    }

    /** A number that no domain has, following the last one given. */
    int freeDomid() {
        int domid = lastDomid;
        do {
            domid = domid == LAST_DOMID ? 1 : domid + 1;
        } while (domains.containsKey(domid));
        lastDomid = domid;
        return domid;
    }

    /** Makes a domain, empty and paused. */
    XenDomain newDomain(int domid, byte[] handle, int createFlags, boolean hvm, int emulationFlags, int maxVcpus) {
        DomainMemory memory = new DomainMemory(domid, host, content, new Events(domid), memoryRules);
        XenDomain domain = new XenDomain(
                domid,
                handle,
                createFlags,
                hvm,
                emulationFlags,
                maxVcpus,
                memory,
                new EventChannels(MAX_EVENT_CHANNEL_PORT),
                new GrantTable(host, content, abi.struct("grant_entry_v1")));
        if (domid != 0) {
            takeOverhead(domain);
        }
        domains.put(domid, domain);
        return domain;
    }

    private void takeOverhead(XenDomain domain) {
        domain.overhead.addAll(takeLoose(DOMAIN_OVERHEAD_PAGES));
        if (domain.hvm) {
            try {
                resizePagingPool(domain, INITIAL_PAGING_POOL_PAGES);
            } catch (XenRefusal refusal) {
                release(domain.pagingPool);
                release(domain.overhead);
                throw refusal;
            }
        }
    }

    /** Creates the domain's vCPUs, once. */
    void allocateVcpus(XenDomain domain) {
        if (domain.vcpus() == 0) {
            domain.overhead.addAll(takeLoose(domain.maxVcpus * VCPU_OVERHEAD_PAGES));
            domain.allocateVcpus();
        }
    }

    /** Gives the domain that many pages for its page tables; if the host has fewer, those, and ENOMEM. */
    void resizePagingPool(XenDomain domain, long pages) {
        long has = domain.pagingPoolPages();
        if (pages > has) {
            long available = Math.min(pages - has, host.freePages() - host.claimedPages());
            domain.pagingPool.addAll(host.takeLoose(available));
            if (available < pages - has) {
                throw new XenRefusal(Errno.ENOMEM);
            }
        }
        for (long excess = has - pages; excess > 0; ) {
            Frames last = domain.pagingPool.remove(domain.pagingPool.size() - 1);
            long keep = Math.max(0, last.count() - excess);
            if (keep > 0) {
                domain.pagingPool.add(new Frames(last.first(), keep));
            }
            host.release(last.first() + keep, last.count() - keep);
            excess -= last.count() - keep;
        }
    }

    private List<Frames> takeLoose(long pages) {
        List<Frames> taken = host.takeLoose(pages);
        if (taken.isEmpty() && pages > 0) {
            throw new XenRefusal(Errno.ENOMEM);
        }
        return taken;
    }

    /** The domain was unpaused, or given its first vCPU. */
    void mayRun(XenDomain domain) {
        if (domain.domid != 0 && domain.isRunning()) {
            guests.computeIfAbsent(domain.domid, domid -> startGuest(domain)).resume();
        }
    }

    private GuestDomain startGuest(XenDomain domain) {
        GuestDomain guest = new GuestDomain(this, domain);
        guest.boot(guestFactory);
        return guest;
    }

    /** What runs in a domain, once it has run. */
    Optional<GuestDomain> guest(int domid) {
        return Optional.ofNullable(guests.get(domid));
    }

    /** The domain stops for that reason, unless it has already. */
    void shutDown(XenDomain domain, int reason) {
        if (domain.shutDown(reason)) {
            store.domainChanged(domain.domid);
        }
    }

    /** {@code XEN_DOMCTL_destroydomain}. */
    void destroy(XenDomain domain) {
        if (domain.isDead()) {
            return;
        }
        domain.pause();
        Optional.ofNullable(guests.remove(domain.domid)).ifPresent(GuestDomain::end);
        domain.eventChannels.all().forEach((port, channel) -> closePort(domain, port));
        release(domain.pagingPool);
        domain.die();
        domain.memory.destroy();
        store.domainDied(domain.domid);
    }

    /** Forgets a dead domain once nothing refers to it any more. */
    void buryIfGone(XenDomain domain) {
        if (domain.isDead() && domain.memory.totalPages() == 0 && !domain.grants.isMapped()) {
            domain.grants.freeAll();
            release(domain.overhead);
            domains.remove(domain.domid);
        }
    }

    private void release(List<Frames> frames) {
        for (Frames run : frames) {
            host.release(run.first(), run.count());
        }
        frames.clear();
    }

    /** Closes a port; the other end can be bound again. */
    void closePort(XenDomain domain, int port) {
        domain.eventChannels
                .close(port)
                .filter(channel -> channel.state() == EventChannels.State.INTERDOMAIN)
                .ifPresent(channel -> find(channel.remoteDomid())
                        .ifPresent(remote -> remote.eventChannels.unbind(channel.remotePort())));
    }

    /** Sends an event to the other end of a port. */
    void notifyPort(XenDomain domain, int port) {
        EventChannels.Channel channel = domain.eventChannels.find(port).orElseThrow(() -> new XenRefusal(Errno.EINVAL));
        if (channel.state() == EventChannels.State.INTERDOMAIN) {
            find(channel.remoteDomid())
                    .flatMap(remote -> remote.eventChannels.find(channel.remotePort()))
                    .ifPresent(remote -> remote.upcall().run());
        }
    }

    /** What one domain's memory tells. */
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
