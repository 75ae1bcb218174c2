// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.commons.lang3.StringUtils;
import org.xenjava.toolstack.text.Visible;

/**
 * Keys of xl.cfg that few guests have. A guest with a key that the library cannot carry out is refused before its domain
 * is created. {@link OtherDevice} has the devices of that kind.
 */
public enum DescribedKey {
    /** Whether a guest that is no HVM guest has ACPI tables; only 0 is described. */
    ACPI("0", "0", Guests.NOT_HVM, "a PVH guest here always has ACPI tables"),
    /** The use of the IOMMU for the guest, without xl's {@code default} and {@code disabled}. */
    PASSTHROUGH("enabled|sync_pt|share_pt", "enabled, sync_pt or share_pt", Guests.ANY, DescribedKey.CARRIED_OUT),
    /** The treatment of memory that devices of the host reserve. */
    RDM(
            "strategy=host(?:,policy=(?:strict|relaxed))?",
            "strategy=host, with or without policy=strict or relaxed",
            Guests.HVM,
            DescribedKey.CARRIED_OUT),
    /**
     * The address up to which an HVM guest's memory stays RAM although a device reserves memory there: in MiB as in xl.cfg,
     * or in KiB with that unit, which only libxl's JSON can have.
     */
    RDM_MEM_BOUNDARY(
            "(?:0|[1-9][0-9]{0,8})(?:KiB)?",
            "a number of MiB, or a number with the unit KiB",
            Guests.HVM,
            DescribedKey.CARRIED_OUT),
    /** The host's graphics card in the guest: its kind, or 1. */
    GFX_PASSTHRU("1|igd", "1 or igd", Guests.HVM, "graphics passthrough is not supported"),
    /** Whether a PVH guest is a PV guest inside Xen's shim. */
    PVSHIM(DescribedKey.YES, DescribedKey.YES, Guests.PVH, DescribedKey.CARRIED_OUT),
    /** Path of the shim. */
    PVSHIM_PATH(DescribedKey.TEXT, DescribedKey.TEXT_FORM, Guests.PVH, DescribedKey.CARRIED_OUT),
    /** The shim's command line. */
    PVSHIM_CMDLINE(DescribedKey.TEXT, DescribedKey.TEXT_FORM, Guests.PVH, DescribedKey.CARRIED_OUT),
    /** Text behind the shim's default command line. */
    PVSHIM_EXTRA(DescribedKey.TEXT, DescribedKey.TEXT_FORM, Guests.PVH, DescribedKey.CARRIED_OUT),
    /** The XSM label of the domain until it runs, if it has another one afterwards. */
    INIT_SECLABEL(
            DescribedKey.TEXT,
            DescribedKey.TEXT_FORM,
            Guests.ANY,
            "the label of a domain is not changed after its creation"),
    /** Whether the device model is in a domain of its own. */
    DEVICE_MODEL_STUBDOMAIN_OVERRIDE(DescribedKey.YES, DescribedKey.YES, Guests.ANY, DescribedKey.NO_STUB_DOMAIN),
    /** The XSM label of the device model's domain. */
    DEVICE_MODEL_STUBDOMAIN_SECLABEL(
            DescribedKey.TEXT, DescribedKey.TEXT_FORM, Guests.ANY, DescribedKey.NO_STUB_DOMAIN),
    /** Whether an HVM guest without {@code vkb} has a paravirtual keyboard. */
    VKB_DEVICE(DescribedKey.YES, DescribedKey.YES, Guests.HVM, DescribedKey.CARRIED_OUT);

    private static final String CARRIED_OUT = "";
    private static final String NO_STUB_DOMAIN = "stub domains are not supported";
    private static final int SHOWN = 40;
    private static final String YES = "1";
    private static final String TEXT = "[^\\x00-\\x1f\\x7f-\\x9f]+";
    private static final String TEXT_FORM = "a text that is not empty and has no control characters";

    private final Pattern values;
    private final String form;
    private final Guests guests;
    private final String obstacle;

    DescribedKey(String values, String form, Guests guests, String obstacle) {
        this.values = Pattern.compile(values);
        this.form = form;
        this.guests = guests;
        this.obstacle = obstacle;
    }

    private enum Guests {
        ANY,
        HVM,
        NOT_HVM,
        PVH
    }

    private boolean concerns(DomainType type) {
        return switch (guests) {
            case ANY -> true;
            case HVM -> type == DomainType.HVM;
            case NOT_HVM -> type != DomainType.HVM;
            case PVH -> type == DomainType.PVH;
        };
    }

    /** Returns the reason why a guest of that kind cannot have the value; empty if it can. */
    Optional<String> complaint(DomainType type, String value) {
        return DeviceRules.first(
                DeviceRules.when(!concerns(type), key() + " is no key of " + type + " guests"),
                DeviceRules.when(
                        !values.matcher(value).matches(),
                        key() + " is " + form + ", not '" + Visible.text(StringUtils.abbreviate(value, SHOWN)) + "'"));
    }

    /** {@return the key of xl.cfg} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return why the library cannot carry out the key; empty if it can} */
    public Optional<String> obstacle() {
        return Optional.of(obstacle).filter(reason -> !reason.isEmpty());
    }
}
