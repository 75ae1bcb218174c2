// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.create.StoredConfig;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.IntendedTarget;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A domain's configuration as it is now: what it was built from, and what was changed since. */
public final class CurrentConfig {
    private CurrentConfig() {}

    /**
     * Reads it.
     *
     * @param policy the rule that the domain was built with; it says which {@code memory/target} is the build's own
     * @return empty if the domain was not built by this library
     */
    public static Optional<DomainConfig> of(StoreTransaction store, DomainPaths paths, PodPolicy policy) {
        return StoredConfig.read(store, paths.storedConfig()).map(built -> present(store, paths, policy, built));
    }

    private static DomainConfig present(
            StoreTransaction store, DomainPaths paths, PodPolicy policy, DomainConfig built) {
        KiB maxMemory = store.readPlausibleKib(paths.nextMaximumKib())
                .or(() -> store.readPlausibleKib(paths.memoryStaticMax()))
                .orElse(built.maxMemory());
        KiB memory = memory(store, paths, policy, built);
        String name = store.read(paths.name()).orElse(built.name());
        return built.toBuilder()
                .name(name)
                .memory(memory.isLessThan(maxMemory) ? memory : maxMemory)
                .maxMemory(maxMemory)
                .build();
    }

    /** In whole MiB, as a configuration has it: of a mem-set to pages the guest gets no more than it was to have. */
    private static KiB memory(StoreTransaction store, DomainPaths paths, PodPolicy policy, DomainConfig built) {
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
