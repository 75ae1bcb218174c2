// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.TimerMode;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.BootLoader;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.ProcessorConfig.Feature;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Writes {@code libxl_domain_config}. The order of the members is that of libxl's own files. */
final class LibxlWriter {
    /** libxl's {@code INVALID_DOMID}: no wish for a number. */
    static final long ANY_DOMID = 0xFFFF_FFFFL;

    private static final long UINT32_MASK = 0xFFFF_FFFFL;

    private LibxlWriter() {}

    static JsonObject domain(DomainConfig config) {
        LibxlMembers domain = new LibxlMembers()
                .object("c_info", create(config))
                .object("b_info", build(config))
                .elements(
                        "disks", config.disks().stream().map(LibxlDevices::disk).toList());
        List<JsonObject> nics = new ArrayList<>();
        for (int place = 0; place < config.nics().size(); place++) {
            NicConfig nic = config.nics().get(place);
            nics.add(LibxlDevices.nic(nic.devidAt(place), nic, config.type()));
        }
        domain.elements("nics", nics);
        LibxlOtherDevices.write(config.otherDevices(), domain);
        Lifecycle lifecycle = config.lifecycle();
        action(domain, "on_poweroff", lifecycle.onPoweroff());
        action(domain, "on_reboot", lifecycle.onReboot());
        action(domain, "on_watchdog", lifecycle.onWatchdog());
        action(domain, "on_crash", lifecycle.onCrash());
        action(domain, "on_soft_reset", lifecycle.onSoftReset());
        return domain.object();
    }

    /** The initial value of each action is to destroy. */
    private static void action(LibxlMembers domain, String name, LifecycleAction action) {
        domain.text(
                name,
                Optional.of(action)
                        .filter(other -> other != LifecycleAction.DESTROY)
                        .map(LibxlWords::action));
    }

    private static LibxlMembers create(DomainConfig config) {
        LibxlMembers create = new LibxlMembers()
                .text("type", config.type().word())
                .choice("hap", Optional.of(false).filter(no -> config.paging().mode() == PagingConfig.Mode.SHADOW))
                .text("name", config.name())
                .number("domid", ANY_DOMID)
                .text("uuid", config.uuid())
                .text("pool_name", config.placement().pool())
                .choice("run_hotplug_scripts", Optional.of(true));
        LibxlProcessor.writeOptions(config.options(), create);
        LibxlDescribed.writeCreate(config.describedKeys(), config.label(), create);
        return create;
    }

    private static LibxlMembers build(DomainConfig config) {
        // libxl sizes the paging pool of a restored domain by this number, and takes its absence for 0.
        LibxlMembers build = new LibxlMembers().number("max_vcpus", config.maxVcpus());
        if (config.maxVcpus() > 1 || config.hvm().isPresent()) {
            build.bits("avail_vcpus", IntStream.range(0, config.vcpus()));
        }
        LibxlPlacement.writeAffinities(config.placement(), build);
        build.choice("numa_placement", Optional.of(false).filter(no -> !config.virtualNodes()
                .isEmpty()));
        ClockConfig clock = config.clock();
        LimitsConfig limits = config.limits();
        build.text(
                        "tsc_mode",
                        Optional.of(clock.tscMode())
                                .filter(mode -> mode != TscMode.DEFAULT)
                                .map(TscMode::word))
                .number("max_memkb", config.maxMemory().value())
                .number("target_memkb", config.memory().value())
                .number("video_memkb", config.videoRam().value())
                .number("shadow_memkb", config.paging().pool().map(KiB::value))
                .number(
                        "rtc_timeoffset",
                        Optional.of(clock.offsetSeconds() & UINT32_MASK).filter(offset -> offset != 0))
                .choice("localtime", Optional.of(true).filter(yes -> clock.base() == ClockConfig.Base.LOCAL_TIME))
                .elements("vnuma_nodes", LibxlVirtualNodes.write(config.virtualNodes()))
                .number("max_grant_frames", number(limits.grantFrames()))
                .number("max_maptrack_frames", number(limits.maptrackFrames()))
                .number("max_grant_version", number(limits.grantVersion()));
        LibxlOtherDevices.writeHardware(config.otherDevices(), build);
        LibxlProcessor.write(config.processor(), config.options(), build);
        PagingConfig paging = config.paging();
        build.text(
                        "altp2m",
                        Optional.of(paging.altp2m())
                                .filter(mode -> mode != PagingConfig.Altp2m.DISABLED)
                                .map(PagingConfig.Altp2m::word))
                .number("altp2m_count", number(paging.altp2mCount()));
        LibxlMachine.writeDeviceModel(config.deviceModel(), build);
        build.object("sched_params", LibxlPlacement.share(config.placement()))
                .choice("claim_mode", Optional.of(true))
                .number(
                        "event_channels",
                        Optional.of((long) limits.eventChannels())
                                .filter(channels -> channels != LimitsConfig.DEFAULT.eventChannels()))
                .text("bootloader", config.bootLoader().map(BootLoader::program))
                .texts(
                        "bootloader_args",
                        config.bootLoader().map(BootLoader::arguments).orElse(List.of()))
                .text("kernel", config.kernel())
                .text("cmdline", Optional.of(config.commandLine()).filter(line -> !line.isEmpty()))
                .text("ramdisk", config.ramdisk());
        build.text(
                "timer_mode",
                Optional.of(clock.timerMode())
                        .filter(mode -> mode != TimerMode.NO_DELAY_FOR_MISSED_TICKS)
                        .map(TimerMode::word));
        config.hvm().ifPresent(machine -> LibxlMachine.writeFeatures(machine, build));
        LibxlMachine.writeConfinement(config.deviceModel(), build);
        LibxlDescribed.writeBuild(config.describedKeys(), config.label(), build);
        LibxlMembers machine =
                config.hvm().map(LibxlMachine::write).orElseGet(() -> LibxlProcessor.machine(config.options()));
        LibxlDescribed.writeMachine(config.describedKeys(), machine);
        return build.object("type." + config.type().word(), machine)
                .object("arch_arm", new LibxlMembers())
                .object(
                        "arch_x86",
                        new LibxlMembers()
                                .choice(
                                        "msr_relaxed",
                                        Optional.of(config.processor().has(Feature.MSR_RELAXED))));
    }

    private static Optional<Long> number(OptionalInt value) {
        return value.isPresent() ? Optional.of((long) value.getAsInt()) : Optional.empty();
    }
}
