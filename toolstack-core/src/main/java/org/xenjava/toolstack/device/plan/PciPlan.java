// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The plan of one PCI device of the host in the guest.
 *
 * @param address address of the device in the host
 * @param slot number of the device on the guest's bus; empty if QEMU chooses
 * @param options settings of xl.cfg
 */
public record PciPlan(PciAddress address, OptionalInt slot, Set<Option> options) {
    private static final String PCIBACK = "pciback";
    private static final String RELAXED = "relaxed";
    private static final String STRICT = "strict";

    /** Settings of a device, by xl.cfg's names. */
    public enum Option {
        /** The guest may write all of the device's configuration space. */
        PERMISSIVE,
        /** Has no effect; xl reads it from the nodes. */
        MSITRANSLATE,
        /** Has no effect; xl reads it from the nodes. */
        POWER_MGMT,
        /** A device that is not assignable is taken from its driver. */
        SEIZE,
        /** The device has the strict policy for reserved memory, independent of the guest's policy. */
        RDM_STRICT,
        /** Xen gets the relaxed policy for reserved memory. */
        RDM_RELAXED,
        /** The memory that firmware reserves for the device is no RAM of the guest. */
        RDM_LEFT_OUT
    }

    public PciPlan {
        options = Set.copyOf(options);
    }

    /** The driver that an assignable device has. */
    public static String keeper() {
        return PCIBACK;
    }

    /**
     * Plans a device.
     *
     * @throws ConfigException if the host has no such device, or a driver of the host uses it
     */
    public static PciPlan of(OtherDevice device, HostInventory host) {
        Map<String, String> parameters = device.parameters();
        PciAddress address =
                PciAddress.parse(parameters.getOrDefault("address", "")).orElseThrow();
        EnumSet<Option> options = EnumSet.noneOf(Option.class);
        for (Option option : Option.values()) {
            if (parameters.containsKey(option.name().toLowerCase(Locale.ROOT))) {
                options.add(option);
            }
        }
        if (parameters.getOrDefault("rdm_policy", "").equals(RELAXED)) {
            options.add(Option.RDM_RELAXED);
        }
        OptionalInt slot = parameters.containsKey("slot")
                ? OptionalInt.of(Integer.parseInt(parameters.getOrDefault("slot", "")))
                : OptionalInt.empty();
        if (parameters.getOrDefault("rdm_policy", "").equals(STRICT)) {
            options.add(Option.RDM_STRICT);
        }
        PciPlan plan = new PciPlan(address, slot, options);
        host.passthroughRefusal(plan).ifPresent(refusal -> {
            throw new ConfigException("pci: " + refusal);
        });
        return plan;
    }

    /** Why a device with this driver is not for guests; empty if it is. */
    public Optional<String> refusal(Optional<String> driver) {
        if (driver.equals(Optional.of(PCIBACK)) || has(Option.SEIZE)) {
            return Optional.empty();
        }
        return Optional.of("device " + address + " is not assignable: "
                + driver.map(name -> "domain 0's driver " + name + " has it").orElse("it is not bound to xen-pciback")
                + "; run 'pci-assignable-add " + address + "' first");
    }

    /** The plan for a guest that is built with the device. A guest that is no HVM guest leaves no memory out. */
    public PciPlan builtInto(DomainConfig config) {
        return config.type() == DomainType.HVM ? with(config, Option.RDM_LEFT_OUT) : this;
    }

    /** The plan for a guest that runs: it has left out the reserved memory of all devices, or none. */
    public PciPlan attachedTo(DomainConfig config) {
        return config.describedKeys().containsKey(DescribedKey.RDM) ? with(config, Option.RDM_LEFT_OUT) : this;
    }

    /** As in xl, a device without a policy for its reserved memory has the guest's. */
    private PciPlan with(DomainConfig config, Option leftOut) {
        EnumSet<Option> more = EnumSet.of(leftOut);
        more.addAll(options);
        boolean relaxed =
                config.describedKeys().getOrDefault(DescribedKey.RDM, "").endsWith(RELAXED);
        if (relaxed && !has(Option.RDM_STRICT)) {
            more.add(Option.RDM_RELAXED);
        }
        return new PciPlan(address, slot, more);
    }

    /** Whether the option is set. */
    public boolean has(Option option) {
        return options.contains(option);
    }

    /** The options as libxl writes them into the back end's nodes. */
    public String words() {
        return "msitranslate=" + digit(Option.MSITRANSLATE) + ",power_mgmt=" + digit(Option.POWER_MGMT)
                + ",permissive=" + digit(Option.PERMISSIVE) + ",rdm_policy="
                + (has(Option.RDM_RELAXED) ? RELAXED : STRICT);
    }

    private int digit(Option option) {
        return has(option) ? 1 : 0;
    }
}
