// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;

/** The configuration that goes with a migrating guest in the place of its own. The guest runs on with the machine that it has. */
public final class SentConfig {
    private SentConfig() {}

    /**
     * {@return the configuration with the name, the UUID, the present memory and the addresses of the running domain}
     *
     * @param present the running domain's configuration
     * @param next the configuration that is sent
     */
    public static DomainConfig of(DomainConfig present, DomainConfig next) {
        return NextConfig.inPlaceOf(
                present,
                next.toBuilder()
                        .memory(present.memory())
                        .maxMemory(present.maxMemory())
                        .vcpus(present.vcpus())
                        .build());
    }

    /**
     * Checks that a configuration describes the machine that the guest runs on.
     *
     * @param attempt what is attempted, for the message
     * @param present the running domain's configuration
     * @param next the configuration that is to be sent
     * @throws ConfigException if a part of the machine differs
     */
    public static void require(String attempt, DomainConfig present, DomainConfig next) {
        List<String> differences = new ArrayList<>();
        compare("type", DomainConfig::type, present, next, differences);
        compare("maxmem", DomainConfig::maxMemory, present, next, differences);
        compare("maxvcpus", DomainConfig::maxVcpus, present, next, differences);
        compare("disk", SentConfig::disks, present, next, differences);
        compare("vif", SentConfig::nics, present, next, differences);
        compare("other devices", config -> config.otherDevices().size(), present, next, differences);
        if (!differences.isEmpty()) {
            throw new ConfigException(
                    attempt + ": the configuration to be sent describes another machine than the guest" + " runs on: "
                            + String.join(", ", differences));
        }
    }

    private static Set<Integer> disks(DomainConfig config) {
        return config.disks().stream().map(DiskConfig::number).collect(Collectors.toSet());
    }

    private static Set<Integer> nics(DomainConfig config) {
        return IntStream.range(0, config.nics().size())
                .mapToObj(place -> config.nics().get(place).devidAt(place))
                .collect(Collectors.toSet());
    }

    private static void compare(
            String name,
            Function<DomainConfig, Object> part,
            DomainConfig present,
            DomainConfig next,
            List<String> differences) {
        Object here = part.apply(present);
        Object there = part.apply(next);
        if (!here.equals(there)) {
            differences.add(name + " is " + there + " in it and " + here + " in the guest");
        }
    }
}
