// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.processor.CpuPool;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.processor.PoolMove;
import org.xenjava.toolstack.processor.VcpuAffinity;
import org.xenjava.toolstack.processor.VcpuStatus;
import org.xenjava.toolstack.xenctrl.Affinity;
import org.xenjava.toolstack.xenctrl.CpuCalls;
import org.xenjava.toolstack.xenctrl.CpuCalls.PinOverride;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.PoolCalls;
import org.xenjava.toolstack.xenctrl.VcpuInfo;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** The vCPUs of one domain, their CPUs, and its share of its pool. {@link Domain#processors} returns it. */
public final class DomainProcessors {
    private static final Logger LOG = LoggerFactory.getLogger(DomainProcessors.class);

    private static final String VCPU_ONLINE = "online";
    private static final String VCPU_OFFLINE = "offline";

    private final DomainHandle domain;
    private final CpuPools pools;

    DomainProcessors(DomainHandle domain) {
        this.domain = domain;
        this.pools = new CpuPools(domain.context());
    }

    /** {@return all vCPUs of the domain, online or not} */
    public List<VcpuStatus> vcpus() {
        String verb = "looking at the vCPUs of";
        return domain.attempting(verb, () -> {
            int count = domain.info(verb).maxVcpuId() + 1;
            List<VcpuStatus> all = new ArrayList<>();
            for (int vcpu = 0; vcpu < count; vcpu++) {
                VcpuInfo info = cpus().vcpu(domain.domid(), vcpu);
                Affinity affinity = cpus().affinity(domain.domid(), vcpu);
                all.add(new VcpuStatus(
                        vcpu,
                        state(info),
                        info.cpu(),
                        Duration.ofNanos(info.cpuTimeNanos()),
                        new VcpuAffinity(affinity.hard(), affinity.soft())));
            }
            return List.copyOf(all);
        });
    }

    /**
     * Asks the guest to bring its vCPUs online from number 0 on, and to take the others offline. A PVH guest does so when
     * it gets to it, and Linux brings a new vCPU online only if its user space says so; {@link #vcpus} shows what it has
     * done. QEMU adds the vCPUs of an HVM guest and cannot remove them again.
     *
     * @param count number of vCPUs that are to be online, 1 to the largest number that the domain may have
     * @throws ConfigException if the domain cannot have that many
     * @throws DomainStateException if the vCPUs of an HVM guest are to become fewer
     */
    public void setOnline(int count) {
        String verb = "setting the number of vCPUs of";
        domain.exclusively(verb, () -> {
            int most = domain.info(verb).maxVcpuId() + 1;
            if (count < 1 || count > most) {
                throw new ConfigException(verb + " " + domain + ": it can have 1 to " + most + " vCPUs, not " + count);
            }
            if (domain.store()
                    .read(domain.paths().libxlType())
                    .filter(DomainType.HVM.word()::equals)
                    .isPresent()) {
                plug(verb, count);
            }
            domain.store().inTransaction(transaction -> {
                for (int vcpu = 0; vcpu < most; vcpu++) {
                    transaction.write(domain.paths().vcpuAvailability(vcpu), vcpu < count ? VCPU_ONLINE : VCPU_OFFLINE);
                }
                return count;
            });
        });
        LOG.info("{} is to have {} vCPUs online", domain, count);
    }

    private void plug(String verb, int count) {
        QemuProcess qemu = domain.context()
                .deviceModels()
                .process(domain.domid())
                .orElseThrow(() -> new DomainStateException(verb + " " + domain + ": no QEMU serves it"));
        int plugged = qemu.plugVcpus(count);
        if (plugged > count) {
            throw new DomainStateException(verb + " " + domain + ": QEMU has " + plugged
                    + " vCPUs for it and can unplug none; an HVM guest can only take them offline itself");
        }
    }

    private static VcpuStatus.State state(VcpuInfo info) {
        if (!info.online()) {
            return VcpuStatus.State.OFFLINE;
        } else if (info.running()) {
            return VcpuStatus.State.RUNNING;
        }
        return info.blocked() ? VcpuStatus.State.BLOCKED : VcpuStatus.State.IDLE;
    }

    /**
     * Changes the physical CPUs of a vCPU.
     *
     * @param vcpu number of the vCPU
     * @param hard where it may run; empty leaves it as it is
     * @param soft where it should run; empty leaves it as it is
     * @return the CPUs in effect: those of the domain's pool, and of the soft ones those in {@code hard}; what was not
     *     changed is empty
     * @throws DomainStateException if no CPU of the domain's pool is in {@code hard}
     */
    public VcpuAffinity pin(int vcpu, Optional<CpuSet> hard, Optional<CpuSet> soft) {
        return pin(vcpu, hard, soft, PinOverride.KEEP);
    }

    /**
     * Changes the physical CPUs of a vCPU as {@link #pin} does. A CPU on which the guest itself has pinned the vCPU for
     * the moment does not prevent the change.
     *
     * @param vcpu number of the vCPU
     * @param hard where it may run; empty leaves it as it is
     * @param soft where it should run; empty leaves it as it is
     * @return the CPUs in effect
     */
    public VcpuAffinity forcePin(int vcpu, Optional<CpuSet> hard, Optional<CpuSet> soft) {
        return pin(vcpu, hard, soft, PinOverride.END);
    }

    private VcpuAffinity pin(int vcpu, Optional<CpuSet> hard, Optional<CpuSet> soft, PinOverride override) {
        String verb = "pinning vCPU " + vcpu + " of";
        if (hard.isEmpty() && soft.isEmpty()) {
            throw new ConfigException(verb + " " + domain + ": neither hard nor soft CPUs are given");
        }
        return domain.exclusively(verb, () -> {
            int count = domain.info(verb).maxVcpuId() + 1;
            if (vcpu < 0 || vcpu >= count) {
                throw new ConfigException(verb + " " + domain + ": it has the vCPUs 0 to " + (count - 1));
            }
            try {
                Affinity effective = cpus().setAffinity(domain.domid(), vcpu, hard, soft, override);
                return new VcpuAffinity(effective.hard(), effective.soft());
            } catch (HypercallException e) {
                if (e.errno().equals(Errno.EINVAL) && hard.isPresent()) {
                    CpuPool pool = pool();
                    throw new DomainStateException(
                            verb + " " + domain + ": no CPU of " + pool + ", which has " + pool.cpus() + ", is in "
                                    + hard.get(),
                            e);
                }
                throw e;
            }
        });
    }

    /** {@return the NUMA nodes on which Xen looks for the domain's memory first; all of them unless something chose some} */
    public CpuSet nodes() {
        return domain.attempting(
                "reading the nodes of", () -> domain.xenctrl().topology().nodeAffinity(domain.domid()));
    }

    /** {@return the pool of the domain} */
    public CpuPool pool() {
        String verb = "looking for the pool of";
        return domain.attempting(verb, () -> pools.status(domain.info(verb).pool()));
    }

    /**
     * {@return the share that the scheduler of the domain's pool gives it}
     *
     * @throws DomainStateException if that scheduler has no weights
     */
    public CpuShare share() {
        return domain.attempting("reading the CPU share of", () -> {
            PoolCalls.Share found = calls().share(domain.domid(), CpuPools.weighted(pool()));
            return new CpuShare(found.weight(), found.cap());
        });
    }

    /**
     * Sets the share of the domain.
     *
     * @param share weight, and cap of at most 100 for each vCPU
     * @throws DomainStateException if the scheduler of the domain's pool has no weights
     */
    public void setShare(CpuShare share) {
        String verb = "setting the CPU share of";
        domain.exclusively(verb, () -> {
            int most = 100 * (domain.info(verb).maxVcpuId() + 1);
            if (share.cap() > most) {
                throw new ConfigException(verb + " " + domain + ": a domain of its size has a cap of at most " + most
                        + " percent, not " + share.cap());
            }
            calls().setShare(
                            domain.domid(),
                            CpuPools.weighted(pool()),
                            new PoolCalls.Share(share.weight(), share.cap()));
        });
        LOG.info("{} has weight {} and cap {}", domain, share.weight(), share.cap());
    }

    /**
     * Moves the domain to another pool. Xen forgets affinities, weight and cap; this method sets them again as far as
     * they fit the new pool.
     *
     * @param target the new pool, with at least one CPU
     * @return what the domain has not kept
     */
    public PoolMove moveTo(CpuPool target) {
        String verb = "moving to " + target + ":";
        PoolMove move = domain.exclusively(verb, () -> {
            CpuPool old = pool();
            CpuPool now = pools.status(target.id());
            if (old.id() == now.id()) {
                return new PoolMove(List.of(), PoolMove.Share.KEPT);
            }
            if (domain.domid() == 0) {
                throw new DomainStateException(verb + " domain 0 stays in its pool");
            }
            if (now.cpus().isEmpty()) {
                throw new DomainStateException(verb + " the pool has no CPU");
            }
            List<VcpuStatus> before = vcpus();
            Optional<PoolCalls.Share> share = weights(old).map(one -> calls().share(domain.domid(), one));
            calls().moveDomain(domain.domid(), now.id());
            List<Integer> unpinned = new ArrayList<>();
            before.forEach(vcpu -> restore(vcpu, now, unpinned));
            Optional<Scheduler> scheduler = weights(now);
            if (share.isEmpty() || scheduler.isEmpty()) {
                return new PoolMove(unpinned, PoolMove.Share.LOST);
            }
            calls().setShare(domain.domid(), scheduler.get(), share.get());
            return new PoolMove(unpinned, PoolMove.Share.KEPT);
        });
        LOG.info("{} moved to {}", domain, target);
        return move;
    }

    private static Optional<Scheduler> weights(CpuPool pool) {
        return pool.scheduler().filter(scheduler -> scheduler == Scheduler.CREDIT || scheduler == Scheduler.CREDIT2);
    }

    private void restore(VcpuStatus vcpu, CpuPool pool, List<Integer> unpinned) {
        CpuSet hard = vcpu.affinity().hard();
        boolean fits = !hard.and(pool.cpus()).isEmpty();
        if (!fits) {
            unpinned.add(vcpu.number());
        }
        cpus().setAffinity(
                        domain.domid(),
                        vcpu.number(),
                        Optional.of(hard).filter(set -> fits),
                        Optional.of(vcpu.affinity().soft()),
                        PinOverride.KEEP);
    }

    private CpuCalls cpus() {
        return domain.xenctrl().cpus();
    }

    private PoolCalls calls() {
        return domain.xenctrl().pools();
    }
}
