// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.config.HvmConfig.UsbDevice;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.PeripheralConfig;
import org.xenjava.toolstack.config.PlatformConfig;
import org.xenjava.toolstack.config.PlatformConfig.GenerationId;
import org.xenjava.toolstack.config.ViridianFeature;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * Writes a configuration as xl.cfg text that xl and {@link XlConfigReader} read, in one form only: one key
 * a line, in a fixed order, with defaults written out except for rare keys. Reading the text gives an
 * equal configuration.
 */
public final class XlConfigWriter {
    private final StringBuilder text = new StringBuilder();

    private XlConfigWriter() {}

    /**
     * {@return the configuration as xl.cfg text, each line with its newline}
     *
     * @param config paths in it are of the default file system; relative ones stay relative
     */
    public static String write(DomainConfig config) {
        XlConfigWriter writer = new XlConfigWriter();
        writer.domain(config);
        return writer.text.toString();
    }

    private void domain(DomainConfig config) {
        string("name", config.name());
        string("type", config.type().word());
        config.uuid().ifPresent(uuid -> string("uuid", uuid.toString()));
        file("kernel", config.kernel());
        file("ramdisk", config.ramdisk());
        config.bootLoader().ifPresent(loader -> {
            string("bootloader", loader.program());
            list("bootloader_args", loader.arguments());
        });
        if (!config.commandLine().isEmpty()) {
            string("cmdline", config.commandLine());
        }
        number("memory", config.memory().toMiB());
        number("maxmem", config.maxMemory().toMiB());
        number("vcpus", config.vcpus());
        number("maxvcpus", config.maxVcpus());
        placement(config.placement(), config.maxVcpus());
        virtualNodes(config.virtualNodes());
        xen(config);
        lifecycle(config.lifecycle());
        config.hvm().ifPresent(machine -> machine(machine, config.clock()));
        deviceModel(config.deviceModel());
        config.label().ifPresent(label -> string("seclabel", label));
        config.describedKeys().forEach((key, value) -> string(key.key(), value));
        list("disk", config.disks().stream().map(XlDiskWriter::write).toList());
        list("vif", config.nics().stream().map(XlNicSpec::write).toList());
        for (OtherDevice.Kind kind : OtherDevice.Kind.values()) {
            list(
                    kind.key(),
                    config.otherDevices().stream()
                            .filter(device -> device.kind() == kind)
                            .map(XlOtherDevices::write)
                            .toList());
        }
    }

    /** Only values that differ from the default. */
    private void placement(CpuPlacement placement, int maxVcpus) {
        cpus("cpus", placement.hard(), maxVcpus);
        cpus("cpus_soft", placement.soft(), maxVcpus);
        placement.weight().ifPresent(weight -> number("cpu_weight", weight));
        placement.cap().ifPresent(cap -> number("cap", cap));
        placement.pool().ifPresent(pool -> string("pool", pool));
    }

    /** The value of vnuma: a list for each node. */
    private void virtualNodes(List<VirtualNode> nodes) {
        if (nodes.isEmpty()) {
            return;
        }
        text.append("vnuma = [\n");
        for (VirtualNode node : nodes) {
            text.append("    [ \"")
                    .append(String.join("\", \"", XlPlacementSection.options(node)))
                    .append("\" ],\n");
        }
        text.append("]\n");
    }

    private void cpus(String key, List<CpuList> lists, int maxVcpus) {
        if (lists.size() == maxVcpus && Set.copyOf(lists).size() == 1) {
            string(key, lists.get(0).toString());
        } else {
            list(key, lists.stream().map(CpuList::toString).toList());
        }
    }

    /** Only values that differ from the default. */
    private void xen(DomainConfig config) {
        ClockConfig clock = config.clock();
        if (clock.base() == ClockConfig.Base.LOCAL_TIME) {
            number("localtime", 1);
        }
        if (clock.offsetSeconds() != 0) {
            // A number may have a sign only in quotes.
            string("rtc_timeoffset", Integer.toString(clock.offsetSeconds()));
        }
        if (clock.timerMode() != ClockConfig.DEFAULT.timerMode() && config.hvm().isEmpty()) {
            string("timer_mode", clock.timerMode().word());
        }
        if (clock.tscMode() != TscMode.DEFAULT && config.hvm().isEmpty()) {
            string("tsc_mode", clock.tscMode().word());
        }
        config.limits().grantFrames().ifPresent(frames -> number("max_grant_frames", frames));
        config.limits().maptrackFrames().ifPresent(frames -> number("max_maptrack_frames", frames));
        if (config.limits().eventChannels() != LimitsConfig.DEFAULT.eventChannels()) {
            number("max_event_channels", config.limits().eventChannels());
        }
        if (config.paging().mode() == PagingConfig.Mode.SHADOW) {
            number("hap", 0);
        }
        config.paging().pool().ifPresent(pool -> number("shadow_memory", pool.toMiB()));
        if (config.paging().altp2m() != PagingConfig.Altp2m.DISABLED) {
            string("altp2m", config.paging().altp2m().word());
        }
        config.paging().altp2mCount().ifPresent(count -> number("altp2m_count", count));
        config.limits().grantVersion().ifPresent(version -> number("max_grant_version", version));
        config.processor().features().forEach(feature -> number(feature.word(), 1));
        list("cpuid", XlCpuid.write(config.processor().cpuid()));
        if (!config.processor().traceBuffer().equals(KiB.ZERO)) {
            number("vmtrace_buf_kb", config.processor().traceBuffer().value());
        }
        config.options().forEach(option -> number(option.word(), 1));
    }

    private void platform(PlatformConfig platform) {
        list(
                "smbios",
                platform.smbios().stream()
                        .map(text -> text.kind().word() + "=" + text.text())
                        .toList());
        if (platform.generation() instanceof GenerationId.Random) {
            string("ms_vm_genid", "generate");
        } else if (platform.generation() instanceof GenerationId.Fixed fixed) {
            string("ms_vm_genid", fixed.id().toString());
        }
        list("mca_caps", words(platform.machineChecks(), PlatformConfig.MachineCheckFeature::word));
        platform.vendorDevice().ifPresent(device -> string("vendor_device", device.word()));
    }

    private void peripherals(PeripheralConfig peripherals) {
        if (peripherals.diskBus() != PeripheralConfig.DiskBus.IDE) {
            string("hdtype", peripherals.diskBus().word());
        }
        peripherals.usbVersion().ifPresent(version -> number("usbversion", version));
        peripherals.sound().ifPresent(card -> string("soundhw", card.word()));
    }

    private void spice(GraphicsConfig.Spice spice) {
        number("spice", 1);
        spice.host().ifPresent(host -> string("spicehost", host));
        spice.port().ifPresent(port -> number("spiceport", port));
        spice.tlsPort().ifPresent(port -> number("spicetls_port", port));
        spice.password()
                .ifPresentOrElse(
                        password -> string("spicepasswd", password), () -> number("spicedisable_ticketing", 1));
        for (GraphicsConfig.Spice.Feature feature : GraphicsConfig.Spice.Feature.values()) {
            number(feature.key(), spice.features().contains(feature) ? 1 : 0);
        }
        number("spiceusbredirection", spice.usbRedirections());
        spice.imageCompression().ifPresent(word -> string("spice_image_compression", word));
        spice.streamingVideo().ifPresent(word -> string("spice_streaming_video", word));
    }

    private void lifecycle(Lifecycle lifecycle) {
        string("on_poweroff", lifecycle.onPoweroff().word());
        string("on_reboot", lifecycle.onReboot().word());
        string("on_crash", lifecycle.onCrash().word());
        string("on_watchdog", lifecycle.onWatchdog().word());
        string("on_soft_reset", lifecycle.onSoftReset().word());
    }

    private void machine(HvmConfig machine, ClockConfig clock) {
        firmware(machine.firmware());
        string("boot", machine.boot());
        for (HvmFeature feature : HvmFeature.values()) {
            number(feature.word(), machine.has(feature) ? 1 : 0);
        }
        string("timer_mode", clock.timerMode().word());
        string("tsc_mode", clock.tscMode().word());
        list("viridian", words(machine.viridian(), ViridianFeature::word));
        machine.mmioHole().ifPresent(hole -> number("mmio_hole", hole.toMiB()));
        platform(machine.platform());
        peripherals(machine.peripherals());
        screen(machine.graphics());
        list("serial", machine.serial());
        list("usbdevice", words(machine.usbDevices(), UsbDevice::word));
    }

    /** Only values that differ from the default. */
    private void deviceModel(DeviceModel model) {
        file("device_model_override", model.program());
        list("device_model_args", model.arguments());
        model.confinement()
                .filter(confinement -> confinement != Confinement.WHERE_POSSIBLE)
                .ifPresent(confinement -> number("dm_restrict", confinement == Confinement.REQUIRED ? 1 : 0));
        model.user().ifPresent(user -> string("device_model_user", user));
    }

    private void firmware(Firmware firmware) {
        string("bios", firmware.bios().word());
        file("bios_path_override", firmware.biosPath());
        file("firmware_override", firmware.loader());
        file("smbios_firmware", firmware.smbiosTables());
        file("acpi_firmware", firmware.acpiTables());
    }

    private void screen(GraphicsConfig graphics) {
        string("vga", graphics.vga().word());
        number("videoram", graphics.videoRam().toMiB());
        number("vnc", graphics.vnc().isPresent() ? 1 : 0);
        graphics.vnc().ifPresent(this::vnc);
        graphics.keymap().ifPresent(keymap -> string("keymap", keymap));
        graphics.spice().ifPresent(this::spice);
        graphics.sdl().ifPresent(sdl -> {
            number("sdl", 1);
            sdl.display().ifPresent(display -> string("display", display));
            sdl.authority().ifPresent(file -> string("xauthority", file));
        });
    }

    /** An IPv6 address is written in brackets with its display, because it contains colons. */
    private void vnc(Vnc vnc) {
        if (vnc.socket().isPresent()) {
            string("vnclisten", vnc.listen());
        } else if (vnc.listen().indexOf(':') >= 0) {
            string("vnclisten", "[" + vnc.listen() + "]:" + vnc.display());
        } else {
            string("vnclisten", vnc.listen());
            number("vncdisplay", vnc.display());
        }
        if (vnc.socket().isEmpty()) {
            number("vncunused", vnc.choice() == DisplayChoice.FIRST_FREE ? 1 : 0);
        }
        vnc.password().ifPresent(password -> string("vncpasswd", password));
    }

    private static <E> List<String> words(Collection<E> values, Function<E, String> word) {
        return values.stream().map(word).toList();
    }

    private void file(String key, Optional<Path> value) {
        value.ifPresent(path -> string(key, path.toString()));
    }

    private void number(String key, long value) {
        text.append(key).append(" = ").append(value).append('\n');
    }

    private void string(String key, String value) {
        text.append(key).append(" = ");
        quoted(value);
        text.append('\n');
    }

    /** An empty list is not written. */
    private void list(String key, List<String> values) {
        if (values.isEmpty()) {
            return;
        }
        text.append(key).append(" = [\n");
        for (String value : values) {
            text.append("    ");
            quoted(value);
            text.append(",\n");
        }
        text.append("]\n");
    }

    private void quoted(String value) {
        text.append('"');
        value.chars().forEach(c -> text.append(XlLexer.escaped((char) c)));
        text.append('"');
    }
}
