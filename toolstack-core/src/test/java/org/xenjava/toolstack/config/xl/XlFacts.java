// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.ClockConfig.Base;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.config.DiskConfig.Device;
import org.xenjava.toolstack.config.DiskConfig.Option;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Trust;
import org.xenjava.toolstack.config.PagingConfig.Mode;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * A configuration in the words of libxl's JSON, flat: {@code b_info.video_memkb} and so on. What is empty is left out,
 * and so are those defaults of devices that libxl fills in only when it attaches them.
 */
final class XlFacts {
    private final Map<String, String> facts = new TreeMap<>();

    private XlFacts() {}

    static Map<String, String> of(DomainConfig config) {
        XlFacts facts = new XlFacts();
        facts.domain(config);
        config.hvm().ifPresent(machine -> facts.machine(config, machine));
        IntStream.range(0, config.disks().size())
                .forEach(i -> facts.disk("disks." + i, config.disks().get(i)));
        IntStream.range(0, config.nics().size())
                .forEach(i -> facts.nic("nics." + i, i, config.nics().get(i)));
        facts.facts.values().removeIf(String::isEmpty);
        return facts.facts;
    }

    private void domain(DomainConfig config) {
        put("c_info.name", config.name());
        put("c_info.type", config.type().word());
        put("b_info.kernel", config.kernel());
        put("b_info.ramdisk", config.ramdisk());
        put("b_info.cmdline", config.commandLine());
        put("b_info.target_memkb", config.memory().value());
        put("b_info.max_memkb", config.maxMemory().value());
        put("b_info.video_memkb", config.videoRam().value());
        put("b_info.max_vcpus", config.maxVcpus());
        put("b_info.avail_vcpus", IntStream.range(0, config.vcpus()).boxed().toList());
        TscMode tscMode = config.clock().tscMode();
        put("b_info.tsc_mode", tscMode == TscMode.DEFAULT ? "" : tscMode.word());
        put("b_info.localtime", truth(config.clock().base() == Base.LOCAL_TIME));
        put("b_info.event_channels", config.limits().eventChannels());
        put("c_info.hap", truth(config.paging().mode() == Mode.HARDWARE_ASSISTED));
        put("b_info.shadow_memkb", config.paging().pool().map(KiB::value).orElse(0L));
        put("b_info.rtc_timeoffset", number(config.clock().offsetSeconds()));
        put("on_poweroff", action(config.lifecycle().onPoweroff(), LifecycleAction.DESTROY));
        put("on_reboot", action(config.lifecycle().onReboot(), LifecycleAction.DESTROY));
        put("on_crash", action(config.lifecycle().onCrash(), LifecycleAction.DESTROY));
        put("on_watchdog", action(config.lifecycle().onWatchdog(), LifecycleAction.DESTROY));
        put("on_soft_reset", action(config.lifecycle().onSoftReset(), LifecycleAction.DESTROY));
    }

    private static String number(int value) {
        return value == 0 ? "" : Integer.toString(value);
    }

    private void machine(DomainConfig config, HvmConfig machine) {
        String hvm = "b_info.type.hvm.";
        put(hvm + "bios", machine.firmware().bios().word());
        put(hvm + "system_firmware", machine.firmware().biosPath());
        put(hvm + "firmware", machine.firmware().loader());
        put(hvm + "smbios_firmware", machine.firmware().smbiosTables());
        put(hvm + "acpi_firmware", machine.firmware().acpiTables());
        put(hvm + "boot", machine.boot());
        // xl 4.17 knows neither.
        Set<HvmFeature> known =
                EnumSet.complementOf(EnumSet.of(HvmFeature.XEN_PLATFORM_PCI_BAR_UC, HvmFeature.HVM_PIRQ));
        for (HvmFeature feature : known) {
            boolean general = feature == HvmFeature.ACPI || feature == HvmFeature.APIC;
            put((general ? "b_info." : hvm) + feature.word(), truth(machine.has(feature)));
        }
        put("b_info.timer_mode", config.clock().timerMode().word());
        put(hvm + "viridian", machine.viridian().stream().map(Enum::ordinal).toList());
        put(hvm + "mmio_hole_memkb", machine.mmioHole().map(KiB::value).orElse(0L));
        put(hvm + "serial", machine.serial());
        put(
                hvm + "usbdevice",
                machine.usbDevices().stream().map(one -> one.word()).toList());
        put("b_info.device_model", config.deviceModel().program());
        put("b_info.extra", config.deviceModel().arguments());
        put(
                hvm + "vga.kind",
                machine.graphics().vga() == Vga.STDVGA
                        ? "std"
                        : machine.graphics().vga().word());
        put(hvm + "keymap", machine.graphics().keymap());
        put(hvm + "vnc", machine.graphics().vnc().map(XlFacts::vnc).orElse("False"));
    }

    private static String vnc(Vnc vnc) {
        return "%s:%d to=%s passwd=%s"
                .formatted(
                        vnc.listen(),
                        vnc.display(),
                        truth(vnc.choice() == DisplayChoice.FIRST_FREE),
                        vnc.password().orElse(""));
    }

    private void disk(String path, DiskConfig disk) {
        boolean cdrom = disk.device() == Device.CDROM;
        put(path + ".pdev_path", disk.target());
        put(path + ".format", disk.isEmptyDrive() ? "empty" : disk.format().word());
        put(path + ".vdev", disk.vdev());
        put(path + ".number", disk.number());
        put(path + ".readwrite", disk.access() == Access.READ_WRITE ? "1" : "");
        put(path + ".is_cdrom", cdrom ? "1" : "");
        put(path + ".removable", cdrom ? "1" : "");
        put(path + ".backend", disk.backend().map(backend -> backend.word()));
        put(path + ".script", disk.script());
        put(path + ".direct_io_safe", disk.options().contains(Option.DIRECT_IO_SAFE) ? "True" : "");
        put(path + ".discard_enable", truth(disk.options().contains(Option.DISCARD)));
        put(path + ".trusted", disk.options().contains(Option.UNTRUSTED) ? "False" : "");
    }

    private void nic(String path, int index, NicConfig nic) {
        put(path + ".devid", index);
        put(path + ".mac", nic.mac());
        put(path + ".bridge", nic.bridge().equals(NicConfig.DEFAULT_BRIDGE) ? "" : nic.bridge());
        put(path + ".nictype", nic.type().map(type -> type == NicConfig.Type.IOEMU ? "vif_ioemu" : "vif"));
        put(path + ".model", nic.model().equals(NicConfig.DEFAULT_MODEL) ? "" : nic.model());
        put(path + ".script", nic.script());
        put(path + ".ifname", nic.vifName());
        put(path + ".ip", nic.ip());
        put(path + ".gatewaydev", nic.gatewayDevice());
        put(path + ".mtu", nic.mtu() == NicConfig.DEFAULT_MTU ? "" : nic.mtu());
        put(
                path + ".rate_bytes_per_interval",
                nic.rate().map(rate -> rate.bytesPerInterval()).filter(bytes -> bytes != 0));
        put(path + ".rate_interval_usecs", nic.rate().map(rate -> rate.intervalMicros()));
        put(path + ".trusted", nic.trust() == Trust.UNTRUSTED ? "False" : "");
    }

    private static String action(LifecycleAction action, LifecycleAction omitted) {
        String word = action == LifecycleAction.RENAME_RESTART
                ? "restart_rename"
                : action.word().replace('-', '_');
        return action == omitted ? "" : word;
    }

    private static String truth(boolean value) {
        return value ? "True" : "False";
    }

    private void put(String path, Object value) {
        Object plain = value instanceof Optional<?> optional
                ? optional.map(Object::toString).orElse("")
                : value;
        facts.put(
                path,
                plain instanceof Collection<?> list
                        ? list.stream().map(Object::toString).collect(Collectors.joining(" "))
                        : plain.toString());
    }
}
