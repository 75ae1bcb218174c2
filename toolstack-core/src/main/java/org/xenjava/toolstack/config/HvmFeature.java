// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.collect.Sets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/** Switches of an HVM guest's machine. Each is a key of xl.cfg with the value 0 or 1. */
public enum HvmFeature {
    /** CPUID shows physical address extension. */
    PAE,
    /** CPUID shows the no-execute bit. */
    NX,
    /** Local APICs and an I/O APIC. */
    APIC,
    /** ACPI tables. */
    ACPI,
    /** The ACPI tables offer suspend to RAM. */
    ACPI_S3,
    /** The ACPI tables offer suspend to disk. */
    ACPI_S4,
    /** The ACPI tables describe a convertible laptop: for Windows' tablet mode. */
    ACPI_LAPTOP_SLATE(Default.OFF),
    /** A high precision event timer. */
    HPET,
    /** Xen aligns the ticks of virtual timers to save interrupts. */
    VPT_ALIGN,
    /** The PCI device by which paravirtual drivers find Xen. */
    XEN_PLATFORM_PCI,
    /** The memory of that PCI device is not cached. From Xen 4.21 on, hvmloader can be told otherwise. */
    XEN_PLATFORM_PCI_BAR_UC,
    /** Interrupts may arrive as event channels. Every guest of Xen 4.18 and earlier has this. */
    HVM_PIRQ(Default.OFF),
    /** QEMU has no graphical output at all, if no server shows the screen. */
    NOGRAPHIC(Default.OFF),
    /** A USB controller. A machine with USB devices has one without this switch. */
    USB(Default.OFF);

    /** The switches that are on by default (libxl_create.c). */
    public static final Set<HvmFeature> DEFAULTS = Arrays.stream(values())
            .filter(feature -> feature.whenUnsaid == Default.ON)
            .collect(Sets.toImmutableEnumSet());

    private enum Default {
        ON,
        OFF
    }

    private final Default whenUnsaid;

    HvmFeature() {
        this(Default.ON);
    }

    HvmFeature(Default whenUnsaid) {
        this.whenUnsaid = whenUnsaid;
    }

    /** {@return the key of xl.cfg, such as {@code acpi_s3}} */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
