// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** The pool, weight, cap and affinities of a domain's vCPUs. */
public final class DomainScheduling {
    private static final int WEIGHT = 256;

    private final int cpus;
    private final List<BitSet> hard = new ArrayList<>();
    private final List<BitSet> soft = new ArrayList<>();
    private MachinePool pool;
    private boolean nodesAreFixed;
    private int weight;
    private int cap;

    DomainScheduling(MachinePool pool, int vcpus, int cpus) {
        this.cpus = cpus;
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            hard.add(new BitSet());
            soft.add(new BitSet());
        }
        this.pool = pool;
        moveTo(pool);
    }

    /** Moves the domain to a pool: all affinities, weight and cap become the defaults. */
    public void moveTo(MachinePool target) {
        pool = target;
        weight = WEIGHT;
        cap = 0;
        hard.forEach(set -> set.set(0, cpus));
        soft.forEach(set -> set.set(0, cpus));
    }

    /** Lets vCPUs of which no CPU is left in the pool run on all of them, as Xen does. */
    void leaveCpu() {
        hard.stream().filter(set -> !set.intersects(pool.cpus())).forEach(set -> set.set(0, cpus));
    }

    /** The pool. */
    public MachinePool pool() {
        return pool;
    }

    /** The weight. */
    public int weight() {
        return weight;
    }

    /** The cap, in percent of a CPU. */
    public int cap() {
        return cap;
    }

    /** Sets the share. */
    public void setShare(int newWeight, int newCap) {
        weight = newWeight;
        cap = newCap;
    }

    /** Where a vCPU may run. */
    public BitSet hard(int vcpu) {
        return hard.get(vcpu);
    }

    /** Where a vCPU should run. */
    public BitSet soft(int vcpu) {
        return soft.get(vcpu);
    }

    /** The toolstack has chosen the nodes of the memory: they do not follow the affinities any more. */
    public void fixNodes() {
        nodesAreFixed = true;
    }

    /** The CPUs on which vCPUs should run, or else may run; empty if the nodes of the memory do not follow them. */
    Optional<BitSet> leadingCpus() {
        if (nodesAreFixed) {
            return Optional.empty();
        }
        BitSet cpus = new BitSet();
        for (int vcpu = 0; vcpu < hard.size(); vcpu++) {
            BitSet possible = (BitSet) hard.get(vcpu).clone();
            possible.and(pool.cpus());
            if (possible.intersects(soft.get(vcpu))) {
                possible.and(soft.get(vcpu));
            }
            cpus.or(possible);
        }
        return Optional.of(cpus);
    }

    /** The first CPU on which a vCPU should run, or may run. */
    public int cpu(int vcpu) {
        BitSet possible = (BitSet) hard.get(vcpu).clone();
        possible.and(pool.cpus());
        if (possible.intersects(soft.get(vcpu))) {
            possible.and(soft.get(vcpu));
        }
        return Math.max(0, possible.nextSetBit(0));
    }
}
