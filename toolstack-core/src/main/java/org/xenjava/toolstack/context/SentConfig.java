// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.error.ConfigException;

/**
 * The configuration that goes with a migrating guest in the place of its own. The guest runs on with the machine that it
 * has: a file changes only the images of its disks and the connections of its network cards.
 */
public final class SentConfig {
    private SentConfig() {}

    /**
     * {@return the running domain's configuration with the disks and the connections of another one}
     *
     * @param attempt what is attempted, for the message
     * @param present the running domain's configuration
     * @param file the other configuration
     * @throws ConfigException if it describes another machine
     */
    public static DomainConfig of(String attempt, DomainConfig present, DomainConfig file) {
        List<String> differences = new ArrayList<>();
        compare("type", DomainConfig::type, present, file, differences);
        compare("maxmem", DomainConfig::maxMemory, present, file, differences);
        compare("maxvcpus", DomainConfig::maxVcpus, present, file, differences);
        compare("disk", SentConfig::disks, present, file, differences);
        compare("vif", SentConfig::cards, present, file, differences);
        if (!differences.isEmpty()) {
            throw new ConfigException(attempt + ": the configuration of -C does not describe this guest: "
                    + String.join(", ", differences));
        }
        Map<Integer, DiskConfig> disks =
                file.disks().stream().collect(Collectors.toMap(DiskConfig::number, Function.identity()));
        return present.toBuilder()
                .disks(present.disks().stream()
                        .map(disk -> disks.get(disk.number()))
                        .toList())
                .nics(IntStream.range(0, present.nics().size())
                        .mapToObj(place -> connected(present, place, file))
                        .toList())
                .build();
    }

    /** A front end reads its address once: another one would be the back end's alone. */
    private static NicConfig connected(DomainConfig present, int place, DomainConfig file) {
        NicConfig card = present.nics().get(place);
        NicConfig other = file.nic(card.devidAt(place)).orElse(card);
        return card.mac().map(other::withMac).orElse(other);
    }

    /** What a guest sees of its disks. */
    private static Map<Integer, String> disks(DomainConfig config) {
        return config.disks().stream()
                .collect(Collectors.toMap(DiskConfig::number, disk -> disk.device() + ", " + disk.access()));
    }

    private static List<Integer> cards(DomainConfig config) {
        return IntStream.range(0, config.nics().size())
                .mapToObj(place -> config.nics().get(place).devidAt(place))
                .sorted()
                .toList();
    }

    private static void compare(
            String name,
            Function<DomainConfig, Object> part,
            DomainConfig present,
            DomainConfig file,
            List<String> differences) {
        Object here = part.apply(present);
        Object there = part.apply(file);
        if (!here.equals(there)) {
            differences.add(name + " is " + there + " in it and " + here + " in the guest");
        }
    }
}
