// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Keys that files contain although no xl of Xen 4.17 to 4.22 reads them: those of xm and of old releases of xl, and
 * those that tools write. xl drops them without a word. {@code docs/xl-cfg.md} lists them too, and a test compares the
 * two.
 */
final class XlLeftovers {
    /** Origin and keys, in the document's order. */
    static final ImmutableMap<String, String> BY_ORIGIN = ImmutableMap.<String, String>builder()
            .put("libvirt", "audio monitor parallel vncconsole")
            .put("xen-tools", "dhcp gateway hostname ip netmask")
            .put(
                    "xl.conf",
                    "autoballoon claim_mode lockfile output_format run_hotplug_scripts vif.default.bridge "
                            + "vif.default.gatewaydev vif.default.script vifscript")
            .put(
                    "xm",
                    "access_control actmem arch blkif bootargs bootentry change_home_server cpu cpu_cap cpuid_check "
                            + "description fda fdb features guest_os_type interface irq isa loader "
                            + "machine_address_size memory_sharing ne2000 netif nfs_root nfs_server nics "
                            + "on_xend_start on_xend_stop pvh restart s3_integrity superpages "
                            + "suppress_spurious_page_faults target tmem tpmif vcpu_avail vhpt vscsi "
                            + "xen_extended_power_mgmt xenpaging_file")
            .buildOrThrow();

    private static final ImmutableMap<String, String> ORIGINS = BY_ORIGIN.entrySet().stream()
            .flatMap(entry -> Arrays.stream(entry.getValue().split(" ")).map(key -> Map.entry(key, entry.getKey())))
            .collect(ImmutableMap.toImmutableMap(Map.Entry::getKey, Map.Entry::getValue));

    private XlLeftovers() {}

    /** Where the key comes from; empty if it is none of these. */
    static Optional<String> origin(String key) {
        return Optional.ofNullable(ORIGINS.get(key));
    }
}
