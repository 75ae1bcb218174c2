// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.util.List;
import java.util.function.Function;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;

/**
 * Builds a guest with several policies and balloon drivers, each on an embedded Xen of its own, lets it balloon and
 * then fill all of its memory with something that is not zero, the load of which XSA-153 warns. Needs no Xen and no
 * privilege; a quarter of a gigabyte that is ballooned away takes some 40 ms.
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

    /** Before the advisory, as libxl, and the default; with all the drivers that such a guest may have. */
    public static AdvisoryRehearsal of(DomainConfig config) {
        return new AdvisoryRehearsal(
                config,
                List.of(UnpatchedPodPolicy.forSimulation(), PodPolicy.libxl(), PodPolicy.standard()),
                GuestDriver.of(config.type()));
    }

    /** The same with other policies. */
    public AdvisoryRehearsal policies(PodPolicy... others) {
        return new AdvisoryRehearsal(config, List.of(others), drivers);
    }

    /** The same with other drivers. */
    public AdvisoryRehearsal drivers(GuestDriver... others) {
        return new AdvisoryRehearsal(config, policies, List.of(others));
    }

    /**
     * Tries every driver with every policy.
     *
     * @throws org.xenjava.toolstack.error.ToolstackException if the guest cannot be built
     */
    public Rehearsal run() {
        try (SubstituteFiles files = SubstituteFiles.of(withoutDevices(config))) {
            List<Part> parts = parts(files.guest());
            return new Rehearsal(
                    config,
                    parts.stream().map(Part::terms).toList(),
                    drivers,
                    trials(files.guest(), parts, RehearsedGuest::run),
                    files.missing());
        }
    }

    /**
     * The same, with the course of the counters: for pictures. Slower, as the memory is filled bit by bit.
     *
     * @return in the order of {@link Rehearsal#trials}
     */
    public List<RehearsalTimeline> record() {
        try (SubstituteFiles files = SubstituteFiles.of(withoutDevices(config))) {
            return trials(files.guest(), parts(files.guest()), RehearsedGuest::record);
        }
    }

    private record Part(PodPolicy policy, PolicyTerms terms) {}

    private List<Part> parts(DomainConfig guest) {
        return policies.stream()
                .map(policy -> new Part(
                        policy,
                        PolicyTerms.of(policy, CreatePlan.of(guest, policy).memory())))
                .toList();
    }

    /** Each machine is a world of its own, so they run side by side. */
    private <T> List<T> trials(DomainConfig guest, List<Part> parts, Function<RehearsedGuest, T> course) {
        record Trying(GuestDriver driver, Part part) {}

        return drivers.stream()
                .flatMap(driver -> parts.stream().map(part -> new Trying(driver, part)))
                .toList()
                .parallelStream()
                .map(trying -> {
                    Part part = trying.part();
                    try (RehearsedGuest rehearsed =
                            new RehearsedGuest(guest, part.policy(), part.terms(), trying.driver())) {
                        return course.apply(rehearsed);
                    }
                })
                .toList();
    }

    /** Memory is what matters here. */
    private static DomainConfig withoutDevices(DomainConfig config) {
        return config.toBuilder().disks(List.of()).nics(List.of()).build();
    }
}
