// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.xenjava.toolstack.config.xl.XlKey.Guests.ANY;
import static org.xenjava.toolstack.config.xl.XlKey.Guests.HVM;
import static org.xenjava.toolstack.config.xl.XlKey.Guests.NOT_HVM;
import static org.xenjava.toolstack.config.xl.XlKey.Guests.NOT_PVH;
import static org.xenjava.toolstack.config.xl.XlKey.Guests.PV;
import static org.xenjava.toolstack.config.xl.XlKey.Guests.PVH;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.BOOLEAN;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.LIST;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.NUMBER;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.STRING;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.STRING_OR_LIST;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.xl.XlKey.Guests;
import org.xenjava.toolstack.config.xl.XlKey.Kind;
import org.xenjava.toolstack.config.xl.XlKey.Status;

/**
 * The keys that xl of Xen 4.17 to 4.22 reads, and the treatment of each. To support a key, move it to the first rows and
 * read it in {@link XlInterpreter} or one of the sections. A test compares the table with {@code docs/xl-cfg.md}.
 *
 * <p>{@code key=value} names the value of a refused key that changes nothing.
 */
final class XlKeys {
    private static final ImmutableMap<String, XlKey> TABLE = Stream.of(
                    supported(STRING, ANY, "name", "type", "builder", "uuid"),
                    supported(STRING, ANY, "kernel", "ramdisk", "cmdline", "root", "extra"),
                    supported(NUMBER, ANY, "memory", "maxmem", "vcpus", "maxvcpus"),
                    supported(STRING_OR_LIST, ANY, "cpus", "cpus_soft"),
                    supported(NUMBER, ANY, "cpu_weight", "cap"),
                    supported(STRING, ANY, "pool"),
                    supported(LIST, ANY, "vnuma"),
                    supported(BOOLEAN, ANY, "localtime"),
                    supported(NUMBER, ANY, "rtc_timeoffset"),
                    supported(STRING, ANY, "tsc_mode"),
                    supported(NUMBER, ANY, "max_grant_frames", "max_maptrack_frames", "max_event_channels"),
                    supported(NUMBER, ANY, "max_grant_version"),
                    supported(BOOLEAN, ANY, "hap"),
                    supported(NUMBER, ANY, "shadow_memory"),
                    supported(STRING, ANY, "altp2m"),
                    supported(NUMBER, ANY, "altp2m_count"),
                    supported(STRING_OR_LIST, ANY, "cpuid"),
                    supported(BOOLEAN, ANY, "nestedhvm", "vpmu", "msr_relaxed"),
                    supported(NUMBER, ANY, "vmtrace_buf_kb"),
                    supported(BOOLEAN, ANY, "nomigrate", "driver_domain", "xend_suspend_evtchn_compat"),
                    supported(STRING, ANY, "on_poweroff", "on_reboot", "on_crash", "on_watchdog", "on_soft_reset"),
                    supported(STRING, ANY, "seclabel"),
                    supported(LIST, ANY, "disk", "vif", "channel", "p9", "vfb", "vkb"),
                    supported(STRING, NOT_HVM, "bootloader"),
                    supported(STRING_OR_LIST, NOT_HVM, "bootloader_args"),
                    supported(BOOLEAN, PV, "e820_host"),
                    supported(BOOLEAN, PVH, "pvshim"),
                    supported(STRING, PVH, "pvshim_path", "pvshim_cmdline", "pvshim_extra"),
                    // The machine of an HVM guest
                    supportedInHvm(STRING, "no firmware is loaded for it", "firmware"),
                    supported(STRING, HVM, "bios", "bios_path_override", "firmware_override"),
                    supported(STRING, HVM, "smbios_firmware", "acpi_firmware", "boot"),
                    supported(BOOLEAN, ANY, "acpi"),
                    supported(BOOLEAN, HVM, "acpi_s3", "acpi_s4", "acpi_laptop_slate"),
                    supported(BOOLEAN, HVM, "pae", "nx", "apic", "hpet", "vpt_align", "xen_platform_pci"),
                    supported(BOOLEAN, HVM, "xen_platform_pci_bar_uc", "hvm_pirq", "altp2mhvm", "vkb_device"),
                    supported(STRING, ANY, "timer_mode"),
                    supported(STRING_OR_LIST, HVM, "viridian"),
                    supported(NUMBER, HVM, "mmio_hole"),
                    supported(STRING, HVM, "vga"),
                    supported(BOOLEAN, HVM, "stdvga"),
                    supportedInHvm(NUMBER, "it has no display", "videoram=0"),
                    supported(BOOLEAN, NOT_PVH, "vnc", "vncunused"),
                    supported(STRING, NOT_PVH, "vnclisten", "vncpasswd"),
                    supported(NUMBER, NOT_PVH, "vncdisplay"),
                    supported(STRING, NOT_PVH, "keymap"),
                    supported(BOOLEAN, NOT_PVH, "sdl"),
                    supported(STRING, NOT_PVH, "display", "xauthority"),
                    supported(BOOLEAN, HVM, "nographic", "spice"),
                    supported(NUMBER, HVM, "spiceport", "spicetls_port"),
                    supported(STRING, HVM, "spicehost", "spicepasswd"),
                    supported(BOOLEAN, HVM, "spicedisable_ticketing", "spiceagent_mouse"),
                    supported(BOOLEAN, HVM, "spicevdagent", "spice_clipboard_sharing"),
                    supported(NUMBER, HVM, "spiceusbredirection"),
                    supported(STRING, HVM, "spice_image_compression", "spice_streaming_video"),
                    supported(STRING_OR_LIST, HVM, "serial", "usbdevice"),
                    supported(BOOLEAN, HVM, "usb"),
                    supported(NUMBER, HVM, "usbversion"),
                    supported(LIST, ANY, "pci", "usbctrl", "usbdev"),
                    supported(LIST, ANY, "ioports", "iomem", "irqs"),
                    supported(BOOLEAN, ANY, "pci_permissive", "pci_msitranslate", "pci_seize", "pci_power_mgmt"),
                    supported(STRING, ANY, "passthrough"),
                    supported(STRING, HVM, "rdm"),
                    supported(NUMBER, HVM, "rdm_mem_boundary"),
                    supported(STRING, HVM, "soundhw", "hdtype", "vendor_device", "ms_vm_genid"),
                    supported(LIST, HVM, "smbios", "mca_caps"),
                    supported(STRING, ANY, "device_model_override"),
                    supported(LIST, ANY, "device_model_args"),
                    supported(LIST, HVM, "device_model_args_hvm"),
                    supported(LIST, NOT_HVM, "device_model_args_pv"),
                    supported(BOOLEAN, ANY, "dm_restrict"),
                    supported(STRING, ANY, "device_model_user"),
                    // Processors
                    ignored(NUMBER, ANY, "the scheduler's defaults apply", "period", "slice", "latency", "extratime"),
                    refused(LIST, ANY, "Xen has cache colouring on Arm only", "llc_colors"),
                    // Memory
                    ignored(BOOLEAN, ANY, "the key tunes shadow paging", "oos"),
                    // Limits and rights
                    refused(NUMBER, ANY, "xenstore's features are not masked", "xenstore_feature_mask"),
                    refused(LIST, ANY, "xenstore's quota is not set", "xenstore_quota"),
                    described(STRING, ANY, "the label of a domain is not changed after its creation", "init_seclabel"),
                    // Boot
                    ignored(BOOLEAN, ANY, "every boot loader runs without rights", "bootloader_restrict"),
                    ignored(STRING, ANY, "every boot loader runs as a user of its own", "bootloader_user"),
                    // Paravirtual devices
                    ignored(LIST, ANY, "the key is obsolete, and xl ignores it", "vif2"),
                    described(
                            LIST,
                            ANY,
                            "only a domain of its own can serve a vTPM, and dom0 serves all devices",
                            "vtpm"),
                    described(LIST, ANY, "no back end is attached for such devices", "pvcalls"),
                    refused(LIST, ANY, "neither Linux nor QEMU has a back end for such devices", "vdispl", "vsnd"),
                    refused(LIST, ANY, "libxl has such devices on Arm only", "virtio"),
                    ignored(STRING, ANY, "every guest has a console, and xl has no such key", "console"),
                    // The host's hardware
                    described(LIST, ANY, "device-tree passthrough exists on Arm only", "dtdev"),
                    described(STRING, HVM, "graphics passthrough is not supported", "gfx_passthru"),
                    // Emulated devices
                    ignored(BOOLEAN, NOT_PVH, "QEMU decides whether its window uses OpenGL", "opengl"),
                    ignored(BOOLEAN, ANY, "xl ignores it", "vncviewer"),
                    // The device model
                    ignored(STRING, ANY, "xl ignores it", "device_model"),
                    refused(
                            STRING,
                            ANY,
                            "the old QEMU of Xen has no support any more",
                            "device_model_version=qemu-xen"),
                    described(BOOLEAN, ANY, "stub domains are not supported", "device_model_stubdomain_override"),
                    described(STRING, ANY, "stub domains are not supported", "device_model_stubdomain_seclabel"),
                    ignored(
                            STRING,
                            ANY,
                            "stub domains are not supported",
                            "stubdomain_kernel",
                            "stubdomain_ramdisk",
                            "stubdomain_cmdline"),
                    ignored(NUMBER, ANY, "stub domains are not supported", "stubdomain_memory"),
                    // Other guests than ours
                    refused(STRING, ANY, "Arm guests are not supported", "device_tree", "tee=none"),
                    refused(BOOLEAN, ANY, "Arm guests are not supported", "trap_unmapped_accesses=0"),
                    ignored(STRING, ANY, "Arm guests are not supported", "gic_version", "vuart", "sve", "arm_sci"),
                    ignored(NUMBER, ANY, "Arm guests are not supported", "nr_spis"))
            .flatMap(rows -> rows)
            .collect(ImmutableMap.toImmutableMap(XlKey::name, key -> key));

    private XlKeys() {}

    static Optional<XlKey> find(String name) {
        return Optional.ofNullable(TABLE.get(name));
    }

    /** All keys, in the order of the table. */
    static Collection<XlKey> all() {
        return TABLE.values();
    }

    private static Stream<XlKey> supported(Kind kind, Guests guests, String... names) {
        return rows(kind, guests, Status.SUPPORTED, "", names);
    }

    private static Stream<XlKey> supportedInHvm(Kind kind, String reason, String... names) {
        return rows(kind, Guests.ANY, Status.SUPPORTED_IN_HVM, reason, names);
    }

    private static Stream<XlKey> described(Kind kind, Guests guests, String reason, String... names) {
        return rows(kind, guests, Status.DESCRIBED, reason, names);
    }

    private static Stream<XlKey> ignored(Kind kind, Guests guests, String reason, String... names) {
        return rows(kind, guests, Status.IGNORED, reason, names);
    }

    private static Stream<XlKey> refused(Kind kind, Guests guests, String reason, String... names) {
        return rows(kind, guests, Status.REFUSED, reason, names);
    }

    private static Stream<XlKey> rows(Kind kind, Guests guests, Status status, String reason, String... names) {
        return Arrays.stream(names).map(written -> {
            int equals = written.indexOf('=');
            String name = equals < 0 ? written : written.substring(0, equals);
            Optional<String> harmless = equals < 0 ? Optional.empty() : Optional.of(written.substring(equals + 1));
            return new XlKey(name, kind, guests, status, harmless, reason);
        });
    }
}
