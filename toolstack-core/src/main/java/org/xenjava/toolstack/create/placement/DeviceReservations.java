// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.placement;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.memory.DeviceMemory.Policy;
import org.xenjava.toolstack.memory.DeviceMemory.Reservation;
import org.xenjava.toolstack.memory.RamRange;
import org.xenjava.toolstack.xenctrl.PassthroughCalls;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.ReservedRange;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** Asks Xen for the memory that firmware reserves for the devices that an HVM guest has, or may get later. */
public final class DeviceReservations {
    private static final String RELAXED = "relaxed";
    private static final String STRICT = "strict";

    private final PassthroughCalls calls;

    public DeviceReservations(PassthroughCalls calls) {
        this.calls = calls;
    }

    /**
     * The reserved ranges that the guest has to leave out: those of all devices of the host with {@code rdm =
     * "strategy=host"}, and those of its own devices. A device's policy is the guest's if it has none.
     */
    public List<Reservation> of(DomainConfig config) {
        List<Reservation> found = new ArrayList<>();
        if (config.type() != DomainType.HVM) {
            return found;
        }
        Optional<String> key = Optional.ofNullable(config.describedKeys().get(DescribedKey.RDM));
        if (key.isPresent()) {
            Policy policy = policy(key).orElse(Policy.RELAXED);
            calls.reservedMemory().forEach(range -> found.add(new Reservation(range(range), policy)));
        }
        for (OtherDevice device : config.pciDevices()) {
            Map<String, String> parameters = device.parameters();
            Policy policy = policy(Optional.ofNullable(parameters.get("rdm_policy")))
                    .or(() -> policy(key))
                    .orElse(Policy.STRICT);
            PciAddress address =
                    PciAddress.parse(parameters.getOrDefault("address", "")).orElseThrow();
            for (ReservedRange range : calls.reservedMemory(address)) {
                found.removeIf(other -> other.range().equals(range(range)));
                found.add(new Reservation(range(range), policy));
            }
        }
        return found;
    }

    private static Optional<Policy> policy(Optional<String> text) {
        return text.flatMap(words -> words.endsWith(RELAXED)
                ? Optional.of(Policy.RELAXED)
                : words.endsWith(STRICT) ? Optional.of(Policy.STRICT) : Optional.empty());
    }

    private static RamRange range(ReservedRange range) {
        return new RamRange(range.firstFrame() << Pages.SHIFT, (range.firstFrame() + range.frames()) << Pages.SHIFT);
    }
}
