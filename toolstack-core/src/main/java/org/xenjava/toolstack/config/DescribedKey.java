// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

/**
 * Keys of xl.cfg that the library reads and writes and cannot carry out yet. A guest with such a key is refused before
 * its domain is created. {@link OtherDevice} has the devices of that kind.
 */
public enum DescribedKey {
    /** Whether a guest that is no HVM guest has ACPI tables; only 0 is described. */
    ACPI("a PVH guest here always has ACPI tables"),
    /** The use of the IOMMU for the guest. */
    PASSTHROUGH(DescribedKey.NO_PASSTHROUGH),
    /** The treatment of memory that devices of the host reserve. */
    RDM(DescribedKey.NO_PASSTHROUGH),
    /** The host's graphics card in the guest. */
    GFX_PASSTHRU(DescribedKey.NO_PASSTHROUGH),
    /** Whether a PVH guest is a PV guest inside Xen's shim. */
    PVSHIM(DescribedKey.NO_SHIM),
    /** Path of the shim. */
    PVSHIM_PATH(DescribedKey.NO_SHIM),
    /** The shim's command line. */
    PVSHIM_CMDLINE(DescribedKey.NO_SHIM),
    /** Text behind the shim's default command line. */
    PVSHIM_EXTRA(DescribedKey.NO_SHIM),
    /** The XSM label of the domain until it runs, if it has another one afterwards. */
    INIT_SECLABEL("the label of a domain is not changed after its creation"),
    /** Whether the device model is in a domain of its own. */
    DEVICE_MODEL_STUBDOMAIN_OVERRIDE(DescribedKey.NO_STUB_DOMAIN),
    /** The XSM label of the device model's domain. */
    DEVICE_MODEL_STUBDOMAIN_SECLABEL(DescribedKey.NO_STUB_DOMAIN),
    /** Whether an HVM guest has a paravirtual keyboard. */
    VKB_DEVICE("no paravirtual keyboard is attached");

    private static final String NO_PASSTHROUGH = "passthrough of hardware is not supported";
    private static final String NO_SHIM = "the PV shim is not started";
    private static final String NO_STUB_DOMAIN = "stub domains are not supported";

    private final String obstacle;

    DescribedKey(String obstacle) {
        this.obstacle = obstacle;
    }

    /** {@return the key of xl.cfg} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return why the library cannot carry out the key} */
    public String obstacle() {
        return obstacle;
    }
}
