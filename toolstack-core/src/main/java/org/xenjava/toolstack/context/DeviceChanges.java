// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** Changes the devices in the configuration of a domain's next build. */
public final class DeviceChanges {
    private DeviceChanges() {}

    /** The configuration without the disk of that number, and with another one instead, if there is one. */
    public static DomainConfig withoutDisk(DomainConfig config, int number, Stream<DiskConfig> instead) {
        Stream<DiskConfig> others = config.disks().stream().filter(disk -> disk.number() != number);
        return config.toBuilder().disks(Stream.concat(others, instead).toList()).build();
    }

    /** A card with that number or address is one that the domain does not have any more. */
    public static DomainConfig withNic(DomainConfig config, int devid, NicConfig nic) {
        List<NicConfig> nics =
                others(config, (other, number) -> number == devid || other.mac().equals(nic.mac()));
        nics.add(numbered(nic, devid, nics.size()));
        return config.toBuilder().nics(nics).build();
    }

    /** The configuration without the card of that address. */
    public static DomainConfig withoutNic(DomainConfig config, MacAddress mac) {
        return config.toBuilder()
                .nics(others(config, (nic, number) -> nic.mac().equals(Optional.of(mac))))
                .build();
    }

    /** The cards that stay. Each keeps its number, also if that was its place in the list. */
    private static List<NicConfig> others(DomainConfig config, BiPredicate<NicConfig, Integer> gone) {
        List<NicConfig> others = new ArrayList<>();
        for (int place = 0; place < config.nics().size(); place++) {
            NicConfig nic = config.nics().get(place);
            int devid = nic.devidAt(place);
            if (!gone.test(nic, devid)) {
                others.add(numbered(nic, devid, others.size()));
            }
        }
        return others;
    }

    private static NicConfig numbered(NicConfig nic, int devid, int place) {
        return nic.devidAt(place) == devid ? nic : nic.withDevid(devid);
    }

    /** The configuration with that device at the address, or without one. */
    public static DomainConfig withPci(DomainConfig config, PciAddress address, Optional<OtherDevice> device) {
        Stream<OtherDevice> others = config.otherDevices().stream().filter(other -> !isAt(other, address));
        return config.toBuilder()
                .otherDevices(Stream.concat(others, device.stream()).toList())
                .build();
    }

    private static boolean isAt(OtherDevice device, PciAddress address) {
        return device.kind() == OtherDevice.Kind.PCI
                && address.toString().equals(device.parameters().get("address"));
    }
}
