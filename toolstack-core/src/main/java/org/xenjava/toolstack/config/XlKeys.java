// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.xenjava.toolstack.config.XlKey.Guests.ANY;
import static org.xenjava.toolstack.config.XlKey.Guests.HVM;
import static org.xenjava.toolstack.config.XlKey.Kind.BOOLEAN;
import static org.xenjava.toolstack.config.XlKey.Kind.LIST;
import static org.xenjava.toolstack.config.XlKey.Kind.NUMBER;
import static org.xenjava.toolstack.config.XlKey.Kind.STRING;
import static org.xenjava.toolstack.config.XlKey.Kind.STRING_OR_LIST;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.XlKey.Guests;
import org.xenjava.toolstack.config.XlKey.Kind;
import org.xenjava.toolstack.config.XlKey.Status;

/**
 * The keys that xl reads, of Xen 4.17 to 4.22, and what becomes of each here. To support one, move it to the first rows
 * and read it in {@link XlInterpreter}; {@code docs/xl-cfg.md} says the same, and a test compares the two.
 *
 * <p>A key is written {@code key=value} where that value asks for nothing that the guest does not have anyway.
 */
final class XlKeys {
    private static final ImmutableMap<String, XlKey> TABLE = Stream.of(
                    supported(STRING, "name", "type", "builder", "uuid"),
                    supported(STRING, "kernel", "ramdisk", "cmdline", "root", "extra"),
                    supported(NUMBER, "memory", "maxmem", "vcpus", "maxvcpus"),
                    supported(STRING, "on_poweroff", "on_reboot", "on_crash"),
                    // Events
                    refused(STRING, ANY, "no watchdog event is told from a crash", "on_watchdog"),
                    refused(STRING, ANY, "soft resets are not handled", "on_soft_reset"),
                    // Processors
                    refused(STRING_OR_LIST, ANY, "vCPUs are not pinned", "cpus=all"),
                    ignored(STRING_OR_LIST, ANY, "it is a preference, and Xen places the vCPUs", "cpus_soft"),
                    refused(STRING, ANY, "guests run in the default pool", "pool=Pool-0"),
                    refused(NUMBER, ANY, "no limit of processor time is set", "cap=0"),
                    ignored(
                            NUMBER,
                            ANY,
                            "it tunes the scheduler, whose defaults apply",
                            "cpu_weight",
                            "period",
                            "slice",
                            "latency",
                            "extratime"),
                    refused(STRING_OR_LIST, ANY, "the guest sees Xen's default CPU", "cpuid"),
                    refused(BOOLEAN, ANY, "the guest has no such CPU feature", "nestedhvm=0", "vpmu=0"),
                    refused(BOOLEAN, ANY, "the guest gets Xen's default handling of MSRs", "msr_relaxed=0"),
                    refused(LIST, ANY, "there is no virtual NUMA", "vnuma"),
                    refused(LIST, ANY, "caches are not partitioned", "llc_colors"),
                    refused(NUMBER, ANY, "processors are not traced", "vmtrace_buf_kb=0"),
                    // Memory
                    refused(NUMBER, ANY, "no video memory is set aside", "videoram=0"),
                    refused(NUMBER, ANY, "the library computes the size of the paging pool", "shadow_memory"),
                    refused(BOOLEAN, ANY, "guests use hardware assisted paging", "hap=1"),
                    ignored(BOOLEAN, ANY, "it tunes shadow paging, which no guest uses", "oos"),
                    refused(STRING, ANY, "guests have no alternate p2m", "altp2m=disabled"),
                    refused(NUMBER, ANY, "guests have no alternate p2m", "altp2m_count=0"),
                    refused(BOOLEAN, HVM, "guests have no alternate p2m", "altp2mhvm=0"),
                    refused(NUMBER, HVM, "the library computes the layout", "mmio_hole"),
                    // Limits and rights
                    refused(
                            NUMBER,
                            ANY,
                            "the limit is Xen's default",
                            "max_grant_frames",
                            "max_maptrack_frames",
                            "max_grant_version"),
                    refused(NUMBER, ANY, "the limit is libxl's default", "max_event_channels=1023"),
                    refused(NUMBER, ANY, "xenstore's features are not masked", "xenstore_feature_mask"),
                    refused(LIST, ANY, "xenstore's quota is not set", "xenstore_quota"),
                    refused(STRING, ANY, "XSM labels are not set", "seclabel", "init_seclabel"),
                    refused(BOOLEAN, ANY, "no guest is barred from migration", "nomigrate=0"),
                    refused(BOOLEAN, ANY, "no guest is a driver domain", "driver_domain=0"),
                    refused(BOOLEAN, ANY, "no guest may write its devices' tree", "xend_suspend_evtchn_compat=0"),
                    // Boot
                    refused(STRING, ANY, "no boot loader is run; name a kernel", "bootloader"),
                    ignored(STRING_OR_LIST, ANY, "it concerns a boot loader, and none is run", "bootloader_args"),
                    ignored(BOOLEAN, ANY, "it concerns a boot loader, and none is run", "bootloader_restrict"),
                    ignored(STRING, ANY, "it concerns a boot loader, and none is run", "bootloader_user"),
                    refused(STRING, ANY, "no other firmware is loaded", "firmware"),
                    refused(STRING, HVM, "no other firmware is loaded", "bios=seabios", "bios_path_override"),
                    refused(STRING, HVM, "no other firmware is loaded", "firmware_override"),
                    refused(BOOLEAN, ANY, "the PV shim is not started", "pvshim=0"),
                    ignored(
                            STRING,
                            ANY,
                            "it concerns the PV shim, which is not started",
                            "pvshim_path",
                            "pvshim_cmdline",
                            "pvshim_extra"),
                    ignored(STRING, HVM, "there is no disk to boot from", "boot"),
                    // Time
                    refused(STRING, ANY, "the time stamp counter has Xen's default mode", "tsc_mode=default"),
                    refused(STRING, ANY, "timers have libxl's default mode", "timer_mode=no_delay_for_missed_ticks"),
                    refused(BOOLEAN, ANY, "the guest's clock is UTC", "localtime=0"),
                    refused(NUMBER, ANY, "the guest's clock is UTC", "rtc_timeoffset=0"),
                    // Platform
                    refused(BOOLEAN, ANY, "every guest has it", "acpi=1"),
                    refused(
                            BOOLEAN,
                            HVM,
                            "every HVM guest has it",
                            "pae=1",
                            "nx=1",
                            "apic=1",
                            "hpet=1",
                            "vpt_align=1",
                            "acpi_s3=1",
                            "acpi_s4=1",
                            "xen_platform_pci=1",
                            "xen_platform_pci_bar_uc=1"),
                    refused(BOOLEAN, HVM, "no guest has it", "acpi_laptop_slate=0", "hvm_pirq=0"),
                    refused(STRING_OR_LIST, HVM, "there are no Hyper-V interfaces", "viridian=0"),
                    refused(LIST, HVM, "no machine check feature is offered", "mca_caps"),
                    refused(LIST, HVM, "the SMBIOS tables are hvmloader's own", "smbios"),
                    refused(STRING, HVM, "the tables are hvmloader's own", "smbios_firmware", "acpi_firmware"),
                    refused(STRING, HVM, "no generation id is made", "ms_vm_genid=none"),
                    refused(STRING, HVM, "there is no vendor device", "vendor_device=none"),
                    // Paravirtual devices
                    refused(LIST, ANY, "disks are not attached yet", "disk"),
                    refused(LIST, ANY, "networks are not attached yet", "vif"),
                    ignored(LIST, ANY, "it is obsolete, and xl ignores it", "vif2"),
                    refused(
                            LIST,
                            ANY,
                            "such devices are not attached",
                            "vtpm",
                            "p9",
                            "pvcalls",
                            "vfb",
                            "vkb",
                            "vdispl",
                            "vsnd",
                            "virtio",
                            "channel"),
                    ignored(STRING, ANY, "it is no key of xl.cfg: every guest has a console", "console"),
                    // The host's hardware
                    refused(LIST, ANY, "no hardware is passed through", "pci", "usbctrl", "usbdev", "dtdev"),
                    refused(LIST, ANY, "no hardware is passed through", "ioports", "iomem", "irqs"),
                    refused(STRING, ANY, "no hardware is passed through", "passthrough=disabled", "rdm"),
                    refused(STRING, HVM, "no hardware is passed through", "gfx_passthru=0"),
                    ignored(
                            BOOLEAN,
                            ANY,
                            "it concerns PCI devices, and none is passed through",
                            "pci_permissive",
                            "pci_msitranslate",
                            "pci_seize",
                            "pci_power_mgmt"),
                    ignored(NUMBER, HVM, "it concerns PCI devices, and none is passed through", "rdm_mem_boundary"),
                    // Emulated devices
                    refused(STRING, HVM, "there is no display", "vga=none"),
                    refused(BOOLEAN, HVM, "there is no display", "stdvga", "vnc=0", "sdl=0", "spice=0"),
                    ignored(
                            STRING,
                            HVM,
                            "there is no display",
                            "vnclisten",
                            "vncpasswd",
                            "keymap",
                            "display",
                            "xauthority",
                            "spicehost",
                            "spicepasswd",
                            "spice_image_compression",
                            "spice_streaming_video"),
                    ignored(
                            NUMBER,
                            HVM,
                            "there is no display",
                            "vncdisplay",
                            "spiceport",
                            "spicetls_port",
                            "spiceusbredirection"),
                    ignored(
                            BOOLEAN,
                            HVM,
                            "there is no display",
                            "vncunused",
                            "opengl",
                            "nographic",
                            "spicedisable_ticketing",
                            "spiceagent_mouse",
                            "spicevdagent",
                            "spice_clipboard_sharing"),
                    ignored(BOOLEAN, ANY, "xl ignores it", "vncviewer"),
                    refused(STRING_OR_LIST, HVM, "there is no serial port", "serial=none"),
                    refused(BOOLEAN, HVM, "there is no such device", "usb=0", "vkb_device=0"),
                    refused(NUMBER, HVM, "there is no such device", "usbversion=0"),
                    refused(STRING_OR_LIST, HVM, "there is no such device", "usbdevice"),
                    refused(STRING, HVM, "there is no such device", "soundhw"),
                    ignored(STRING, HVM, "there is no emulated disk", "hdtype"),
                    // The device model
                    ignored(STRING, ANY, "xl ignores it", "device_model"),
                    refused(STRING, ANY, "the device model is not chosen", "device_model_version=qemu-xen"),
                    refused(STRING, ANY, "the device model is not chosen", "device_model_override"),
                    refused(STRING, ANY, "the device model's user is not chosen", "device_model_user"),
                    refused(
                            LIST,
                            ANY,
                            "the device model's arguments are the library's own",
                            "device_model_args",
                            "device_model_args_pv",
                            "device_model_args_hvm"),
                    refused(BOOLEAN, ANY, "the device model is not confined", "dm_restrict=0"),
                    refused(BOOLEAN, ANY, "there are no stub domains", "device_model_stubdomain_override=0"),
                    ignored(
                            STRING,
                            ANY,
                            "it concerns stub domains, and there are none",
                            "device_model_stubdomain_seclabel",
                            "stubdomain_kernel",
                            "stubdomain_ramdisk",
                            "stubdomain_cmdline"),
                    ignored(NUMBER, ANY, "it concerns stub domains, and there are none", "stubdomain_memory"),
                    // Other guests than ours
                    ignored(BOOLEAN, ANY, "it concerns PV guests", "e820_host"),
                    refused(STRING, ANY, "it concerns Arm guests", "device_tree", "tee=none"),
                    refused(BOOLEAN, ANY, "it concerns Arm guests", "trap_unmapped_accesses=0"),
                    ignored(STRING, ANY, "it concerns Arm guests", "gic_version", "vuart", "sve", "arm_sci"),
                    ignored(NUMBER, ANY, "it concerns Arm guests", "nr_spis"))
            .flatMap(rows -> rows)
            .collect(ImmutableMap.toImmutableMap(XlKey::name, key -> key));

    private XlKeys() {}

    static Optional<XlKey> find(String name) {
        return Optional.ofNullable(TABLE.get(name));
    }

    /** In the order of the rows above. */
    static Collection<XlKey> all() {
        return TABLE.values();
    }

    private static Stream<XlKey> supported(Kind kind, String... names) {
        return rows(kind, Guests.ANY, Status.SUPPORTED, "", names);
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
