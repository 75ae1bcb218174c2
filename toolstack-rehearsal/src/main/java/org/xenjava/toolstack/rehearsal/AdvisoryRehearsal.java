// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;

/**
 * A rehearsal of XSA-153 for a guest: creates it with each of several policies and balloon drivers, each time on a
 * simulated Xen of its own, lets it balloon and then fill all its memory with bytes that are not zero. The rehearsal
 * needs neither Xen nor privileges. Ballooning by 256 MiB takes about 40 ms.
 */
public final class AdvisoryRehearsal {
    private final DomainConfig config;
    private final List<PodPolicy> policies;
    private final List<GuestDriver> drivers;

    private AdvisoryRehearsal(DomainConfig config, List<PodPolicy> policies, List<GuestDriver> drivers) {
        this.config = config;
        this.policies = List.copyOf(policies);
        this.drivers = List.copyOf(drivers);
    }

    /**
     * {@return the rehearsal with the unpatched, libxl's and the default policy, and all drivers that such a guest
     * may have}
     *
     * @param config the guest; its devices are left out
     * @throws ConfigException if the guest is a PV guest, which XSA-153 does not concern
     */
    public static AdvisoryRehearsal of(DomainConfig config) {
        if (config.type() == DomainType.PV) {
            throw new ConfigException("domain " + config.name()
                    + ": a PV guest has no populate-on-demand memory, which is what a rehearsal is about");
        }
        return new AdvisoryRehearsal(
                config,
                List.of(UnpatchedPodPolicy.forSimulation(), PodPolicy.libxl(), PodPolicy.standard()),
                GuestDriver.of(config.type()));
    }

    /**
     * {@return the rehearsal with other policies}
     *
     * @param others the policies, in the order of the results
     */
    public AdvisoryRehearsal policies(PodPolicy... others) {
        return new AdvisoryRehearsal(config, List.of(others), drivers);
    }

    /**
     * {@return the rehearsal with other drivers}
     *
     * @param others the drivers, in the order of the results
     */
    public AdvisoryRehearsal drivers(GuestDriver... others) {
        return new AdvisoryRehearsal(config, policies, List.of(others));
    }

    /**
     * Runs a trial of every driver with every policy.
     *
     * @return the results
     * @throws org.xenjava.toolstack.error.ToolstackException if the guest cannot be created
     */
    public Rehearsal run() {
        try (SubstituteFiles files = SubstituteFiles.of(withoutDevices(config))) {
            List<Part> parts = parts(files.guest());
            return new Rehearsal(
                    config,
                    parts.stream().map(Part::terms).toList(),
                    drivers,
                    trials(files.guest(), parts, RehearsedGuest::run),
                    backedBoot(files.guest()),
                    files.missing());
        }
    }

    /**
     * Runs the trials and records the counters over time, for charts. The guests fill their memory in steps, so this is
     * slower than {@link #run}.
     *
     * @return the timelines in the order of {@link Rehearsal#trials}
     */
    public List<RehearsalTimeline> record() {
        try (SubstituteFiles files = SubstituteFiles.of(withoutDevices(config))) {
            return trials(files.guest(), parts(files.guest()), RehearsedGuest::record);
        }
    }

    /** The worst case for the host: a guest whose driver frees nothing, built by the default policy. */
    private static Optional<RehearsalTrial> backedBoot(DomainConfig guest) {
        Part part = part(guest, PodPolicy.standard());
        GuestDriver none = GuestDriver.none();
        if (part.terms().podTarget().isEmpty()) {
            return Optional.empty();
        }
        try (RehearsedGuest rehearsed =
                new RehearsedGuest(guest, part.policy(), part.terms(), none, BackedBoot.full())) {
            return Optional.of(rehearsed.run());
        }
    }

    private record Part(PodPolicy policy, PolicyTerms terms) {}

    private List<Part> parts(DomainConfig guest) {
        return policies.stream().map(policy -> part(guest, policy)).toList();
    }

    private static Part part(DomainConfig guest, PodPolicy policy) {
        CreatePlan plan =
                CreatePlan.of(guest, policy, SimulatedXen.create().host().firmware());
        return new Part(policy, PolicyTerms.of(policy, plan.memory()));
    }

    /** Runs the trials in parallel: each has a machine of its own. */
    private <T> List<T> trials(DomainConfig guest, List<Part> parts, Function<RehearsedGuest, T> course) {
        record Trying(GuestDriver driver, Part part) {}

        return drivers.stream()
                .flatMap(driver -> parts.stream().map(part -> new Trying(driver, part)))
                .toList()
                .parallelStream()
                .map(trying -> {
                    Part part = trying.part();
                    try (RehearsedGuest rehearsed =
                            new RehearsedGuest(guest, part.policy(), part.terms(), trying.driver(), BackedBoot.off())) {
                        return course.apply(rehearsed);
                    }
                })
                .toList();
    }

    /** The guest without its devices, which do not change the balance of entries and cache. */
    private static DomainConfig withoutDevices(DomainConfig config) {
        return config.toBuilder().disks(List.of()).nics(List.of()).build();
    }
}
