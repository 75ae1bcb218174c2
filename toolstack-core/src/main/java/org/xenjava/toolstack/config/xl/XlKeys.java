// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.xenjava.toolstack.config.xl.XlKey.Guests.ANY;
import static org.xenjava.toolstack.config.xl.XlKey.Guests.HVM;
import static org.xenjava.toolstack.config.xl.XlKey.Guests.NOT_HVM;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.BOOLEAN;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.LIST;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.NUMBER;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.STRING;
import static org.xenjava.toolstack.config.xl.XlKey.Kind.STRING_OR_LIST;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
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
                    supported(BOOLEAN, ANY, "localtime"),
                    supported(NUMBER, ANY, "rtc_timeoffset"),
                    supported(STRING, ANY, "tsc_mode"),
                    supported(NUMBER, ANY, "max_grant_frames", "max_maptrack_frames", "max_event_channels"),
                    supported(BOOLEAN, ANY, "hap"),
                    supported(NUMBER, ANY, "shadow_memory"),
                    supported(STRING, ANY, "on_poweroff", "on_reboot", "on_crash", "on_watchdog", "on_soft_reset"),
                    supported(LIST, ANY, "disk", "vif"),
                    // The machine of an HVM guest
                    supportedInHvm(STRING, "no firmware is loaded for it", "firmware"),
                    supported(STRING, HVM, "bios", "bios_path_override", "firmware_override"),
                    supported(STRING, HVM, "smbios_firmware", "acpi_firmware", "boot"),
                    supportedInHvm(BOOLEAN, "every other guest has it", "acpi=1"),
                    supported(BOOLEAN, HVM, "acpi_s3", "acpi_s4", "acpi_laptop_slate"),
                    supported(BOOLEAN, HVM, "pae", "nx", "apic", "hpet", "vpt_align", "xen_platform_pci"),
                    supportedInHvm(STRING, "it has libxl's default mode", "timer_mode=no_delay_for_missed_ticks"),
                    supported(STRING_OR_LIST, HVM, "viridian"),
                    supported(NUMBER, HVM, "mmio_hole"),
                    supported(STRING, HVM, "vga"),
                    supported(BOOLEAN, HVM, "stdvga"),
                    supportedInHvm(NUMBER, "it has no display", "videoram=0"),
                    supported(BOOLEAN, HVM, "vnc", "vncunused"),
                    supported(STRING, HVM, "vnclisten", "vncpasswd"),
                    supported(NUMBER, HVM, "vncdisplay"),
                    supported(STRING, HVM, "keymap"),
                    supported(STRING_OR_LIST, HVM, "serial", "usbdevice"),
                    supported(BOOLEAN, HVM, "usb"),
                    supportedInHvm(STRING, "it has no device model of its own", "device_model_override"),
                    supportedInHvm(LIST, "it has no device model of its own", "device_model_args"),
                    supported(LIST, HVM, "device_model_args_hvm"),
                    supported(BOOLEAN, HVM, "dm_restrict"),
                    supported(STRING, HVM, "device_model_user"),
                    // Processors
                    refused(STRING_OR_LIST, ANY, "vCPUs are not pinned", "cpus=all"),
                    ignored(STRING_OR_LIST, ANY, "the key is a preference; Xen places the vCPUs", "cpus_soft"),
                    refused(STRING, ANY, "guests run in the default pool", "pool=Pool-0"),
                    refused(NUMBER, ANY, "no limit of processor time is set", "cap=0"),
                    ignored(
                            NUMBER,
                            ANY,
                            "the scheduler's defaults apply",
                            "cpu_weight",
                            "period",
                            "slice",
                            "latency",
                            "extratime"),
                    refused(STRING_OR_LIST, ANY, "edits of the CPU policy are not supported", "cpuid"),
                    refused(BOOLEAN, ANY, "nested virtualisation is not supported", "nestedhvm=0"),
                    refused(BOOLEAN, ANY, "performance counters are not supported", "vpmu=0"),
                    refused(BOOLEAN, ANY, "the guest gets Xen's default handling of MSRs", "msr_relaxed=0"),
                    refused(LIST, ANY, "virtual NUMA is not supported", "vnuma"),
                    refused(LIST, ANY, "caches are not partitioned", "llc_colors"),
                    refused(NUMBER, ANY, "processors are not traced", "vmtrace_buf_kb=0"),
                    // Memory
                    ignored(BOOLEAN, ANY, "the key tunes shadow paging", "oos"),
                    refused(STRING, ANY, "guests have no alternate p2m", "altp2m=disabled"),
                    refused(NUMBER, ANY, "guests have no alternate p2m", "altp2m_count=0"),
                    refused(BOOLEAN, HVM, "guests have no alternate p2m", "altp2mhvm=0"),
                    // Limits and rights
                    refused(NUMBER, ANY, "the limit is Xen's default", "max_grant_version"),
                    refused(NUMBER, ANY, "xenstore's features are not masked", "xenstore_feature_mask"),
                    refused(LIST, ANY, "xenstore's quota is not set", "xenstore_quota"),
                    refused(STRING, ANY, "XSM labels are not set", "seclabel", "init_seclabel"),
                    refused(BOOLEAN, ANY, "no guest is barred from migration", "nomigrate=0"),
                    refused(BOOLEAN, ANY, "no guest is a driver domain", "driver_domain=0"),
                    refused(BOOLEAN, ANY, "no guest may write its devices' tree", "xend_suspend_evtchn_compat=0"),
                    // Boot
                    refused(STRING, NOT_HVM, "no boot loader is run; name a kernel", "bootloader"),
                    ignored(STRING_OR_LIST, ANY, "no boot loader is run", "bootloader_args"),
                    ignored(BOOLEAN, ANY, "no boot loader is run", "bootloader_restrict"),
                    ignored(STRING, ANY, "no boot loader is run", "bootloader_user"),
                    refused(BOOLEAN, ANY, "the PV shim is not started", "pvshim=0"),
                    ignored(STRING, ANY, "the PV shim is not started", "pvshim_path", "pvshim_cmdline", "pvshim_extra"),
                    // Platform
                    refused(BOOLEAN, HVM, "every HVM guest has it", "xen_platform_pci_bar_uc=1"),
                    refused(BOOLEAN, HVM, "no guest has it", "hvm_pirq=0"),
                    refused(LIST, HVM, "no machine check feature is offered", "mca_caps"),
                    refused(LIST, HVM, "the SMBIOS tables are hvmloader's own", "smbios"),
                    refused(STRING, HVM, "no generation id is made", "ms_vm_genid=none"),
                    refused(STRING, HVM, "there is no vendor device", "vendor_device=none"),
                    // Paravirtual devices
                    ignored(LIST, ANY, "the key is obsolete, and xl ignores it", "vif2"),
                    refused(
                            LIST,
                            ANY,
                            "such devices are not supported",
                            "vtpm",
                            "p9",
                            "pvcalls",
                            "vfb",
                            "vkb",
                            "vdispl",
                            "vsnd",
                            "virtio",
                            "channel"),
                    ignored(STRING, ANY, "every guest has a console, and xl has no such key", "console"),
                    // The host's hardware
                    refused(LIST, ANY, "passthrough of hardware is not supported", "pci", "usbctrl", "usbdev", "dtdev"),
                    refused(LIST, ANY, "passthrough of hardware is not supported", "ioports", "iomem", "irqs"),
                    refused(STRING, ANY, "passthrough of hardware is not supported", "passthrough=disabled", "rdm"),
                    refused(STRING, HVM, "passthrough of hardware is not supported", "gfx_passthru=0"),
                    ignored(
                            BOOLEAN,
                            ANY,
                            "no PCI device is passed through",
                            "pci_permissive",
                            "pci_msitranslate",
                            "pci_seize",
                            "pci_power_mgmt"),
                    ignored(NUMBER, HVM, "no PCI device is passed through", "rdm_mem_boundary"),
                    // Emulated devices
                    refused(BOOLEAN, HVM, "the screen is shown by VNC only", "sdl=0", "spice=0"),
                    ignored(BOOLEAN, HVM, "SDL is not supported", "opengl"),
                    ignored(STRING, HVM, "SDL is not supported", "display", "xauthority"),
                    ignored(
                            STRING,
                            HVM,
                            "Spice is not supported",
                            "spicehost",
                            "spicepasswd",
                            "spice_image_compression",
                            "spice_streaming_video"),
                    ignored(NUMBER, HVM, "Spice is not supported", "spiceport", "spicetls_port", "spiceusbredirection"),
                    ignored(
                            BOOLEAN,
                            HVM,
                            "Spice is not supported",
                            "spicedisable_ticketing",
                            "spiceagent_mouse",
                            "spicevdagent",
                            "spice_clipboard_sharing"),
                    ignored(BOOLEAN, HVM, "only VNC shows a screen", "nographic"),
                    ignored(BOOLEAN, ANY, "xl ignores it", "vncviewer"),
                    refused(BOOLEAN, HVM, "there is no such device", "vkb_device=0"),
                    refused(NUMBER, HVM, "the USB controller is QEMU's first one", "usbversion=0"),
                    refused(STRING, HVM, "there is no such device", "soundhw"),
                    refused(STRING, HVM, "the emulated disks are IDE and SCSI ones", "hdtype=ide"),
                    // The device model
                    ignored(STRING, ANY, "xl ignores it", "device_model"),
                    refused(STRING, ANY, "the device model is not chosen", "device_model_version=qemu-xen"),
                    refused(LIST, ANY, "the QEMU of paravirtual devices has our arguments", "device_model_args_pv"),
                    refused(BOOLEAN, ANY, "stub domains are not supported", "device_model_stubdomain_override=0"),
                    ignored(
                            STRING,
                            ANY,
                            "stub domains are not supported",
                            "device_model_stubdomain_seclabel",
                            "stubdomain_kernel",
                            "stubdomain_ramdisk",
                            "stubdomain_cmdline"),
                    ignored(NUMBER, ANY, "stub domains are not supported", "stubdomain_memory"),
                    // Other guests than ours
                    ignored(BOOLEAN, ANY, "PV guests are not supported", "e820_host"),
                    refused(STRING, ANY, "Arm guests are not supported", "device_tree", "tee=none"),
                    refused(BOOLEAN, ANY, "Arm guests are not supported", "trap_unmapped_accesses=0"),
                    ignored(STRING, ANY, "Arm guests are not supported", "gic_version", "vuart", "sve", "arm_sci"),
                    ignored(NUMBER, ANY, "Arm guests are not supported", "nr_spis"))
            .flatMap(rows -> rows)
            .collect(ImmutableMap.toImmutableMap(XlKey::name, key -> key));

    /**
     * The keys that libxl refuses together with populate-on-demand (libxl_create.c): an IOMMU needs every page to be
     * present, and neither virtual NUMA nor an alternate p2m supports pages that are not.
     */
    private static final ImmutableSet<String> NOT_ON_DEMAND =
            ImmutableSet.of("vnuma", "altp2m", "altp2mhvm", "pci", "dtdev", "passthrough");

    private XlKeys() {}

    static Optional<XlKey> find(String name) {
        return Optional.ofNullable(TABLE.get(name));
    }

    /** The key excludes populate-on-demand. */
    static boolean excludesPopulateOnDemand(XlKey key) {
        return NOT_ON_DEMAND.contains(key.name());
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
