// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.Optional;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.create.StoredConfig;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.IntendedTarget;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A domain's present configuration: the one of its build with the changes since. */
public final class CurrentConfig {
    private CurrentConfig() {}

    /**
     * Reads the configuration.
     *
     * @param store a transaction, or single requests
     * @param paths nodes of the domain
     * @param policy the rule of the domain's build, which decides the {@code memory/target} that the build wrote
     * @return the configuration; empty if the domain was not built by this library
     */
    public static Optional<DomainConfig> of(StoreTransaction store, DomainPaths paths, PodPolicy policy) {
        return StoredConfig.read(store, paths.storedConfig()).map(built -> present(store, paths, policy, built));
    }

    private static DomainConfig present(
            StoreTransaction store, DomainPaths paths, PodPolicy policy, DomainConfig built) {
        DomainConfig.Builder present = built.toBuilder();
        if (built.virtualNodes().isEmpty()) {
            sizes(store, paths, policy, built, present);
        }
        return present.name(store.read(paths.name()).orElse(built.name()))
                .vcpus(vcpus(store, paths, built))
                .build();
    }

    /** The memory, which in a guest with NUMA nodes of its own is that of the nodes, whatever its size at present. */
    private static void sizes(
            StoreTransaction store,
            DomainPaths paths,
            PodPolicy policy,
            DomainConfig built,
            DomainConfig.Builder present) {
        KiB maxMemory = store.readPlausibleKib(paths.nextMaximumKib())
                .or(() -> store.readPlausibleKib(paths.memoryStaticMax()))
                .orElse(built.maxMemory());
        KiB memory = memory(store, paths, policy, built);
        present.memory(memory.isLessThan(maxMemory) ? memory : maxMemory).maxMemory(maxMemory);
    }

    /** The vCPUs that the domain is asked to have online, by the last vcpu-set. */
    private static int vcpus(StoreTransaction store, DomainPaths paths, DomainConfig built) {
        if (built.maxVcpus() == 1) {
            return built.vcpus();
        }
        long online =
                store
                        .readAll(IntStream.range(0, built.maxVcpus())
                                .mapToObj(paths::vcpuAvailability)
                                .toList())
                        .stream()
                        .filter(Optional.of("online")::equals)
                        .count();
        return online == 0 ? built.vcpus() : (int) online;
    }

    /** The memory of now in whole MiB, as a configuration requires; a mem-set to a number of pages is rounded down. */
    static KiB memory(StoreTransaction store, DomainPaths paths, PodPolicy policy, DomainConfig built) {
        Optional<KiB> target = IntendedTarget.read(store, paths).or(() -> store.readPlausibleKib(paths.memoryTarget()));
        KiB unchanged = policy.bootTarget(shape(built));
        return target.filter(now -> !now.equals(unchanged))
                .map(now -> KiB.ofMiB(now.plus(built.videoRam()).toMiB()))
                .orElse(built.memory());
    }

    private static GuestShape shape(DomainConfig config) {
        return config.hvm().isPresent()
                ? GuestShape.hvm(config.memory(), config.maxMemory(), config.videoRam())
                : GuestShape.pvh(config.memory(), config.maxMemory());
    }
}
