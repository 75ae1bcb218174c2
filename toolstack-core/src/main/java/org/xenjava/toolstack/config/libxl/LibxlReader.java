// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.TimerMode;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.BootLoader;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.text.UuidText;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Reads {@code libxl_domain_config} with libxl's defaults. */
final class LibxlReader {
    /** The default value of a size in KiB, and of a limit: libxl chooses. */
    static final long LIBXL_CHOOSES = 0xFFFF_FFFFL;

    static final long MOST_KIB = 1L << 42;

    private static final long UINT32_MAX = 0xFFFF_FFFFL;
    private static final int MOST_VCPUS = 4096;
    private static final String UNION = "type.";

    private LibxlReader() {}

    static DomainConfig domain(LibxlObject domain) {
        LibxlObject create = domain.object("c_info");
        LibxlObject build = domain.object("b_info");
        DomainType type = type(create, build);
        create.skip("domid", "run_hotplug_scripts");
        build.skip("claim_mode", "arch_arm", "device_model_version", "video_memkb", "numa_placement");
        String name = create.text("name").orElseThrow(() -> create.wrong("name", "missing"));
        DomainConfig.Builder config = DomainConfig.builder(name).type(type);
        uuid(create).ifPresent(config::uuid);
        LibxlDescribed.label(create, build).ifPresent(config::label);
        boot(type, build, config);
        memory(build, config);
        vcpus(build, config);
        config.clock(clock(build, build.object(UNION + type.word())))
                .limits(limits(build))
                .paging(paging(create, build, build.object(UNION + type.word())))
                .placement(LibxlPlacement.read(create, build))
                .virtualNodes(LibxlVirtualNodes.read(build))
                .processor(LibxlProcessor.read(build))
                .options(LibxlProcessor.options(create, build, build.object(UNION + type.word())));
        if (type == DomainType.HVM) {
            config.hvm(LibxlMachine.read(build, build.object(UNION + type.word())));
        }
        config.disks(domain.objects("disks").stream().map(LibxlDevices::disk).toList());
        config.nics(LibxlDevices.nics(domain.objects("nics")));
        config.otherDevices(LibxlOtherDevices.read(type, domain, build))
                .describedKeys(LibxlDescribed.read(type, create, build))
                .deviceModel(LibxlMachine.deviceModel(type, build));
        config.lifecycle(new Lifecycle(
                action(domain, "on_poweroff"),
                action(domain, "on_reboot"),
                action(domain, "on_crash"),
                action(domain, "on_watchdog"),
                action(domain, "on_soft_reset")));
        return domain.checked(config::build);
    }

    private static DomainType type(LibxlObject create, LibxlObject build) {
        Optional<DomainType> type = create.text("type")
                .or(() -> build.text("type"))
                .map(word -> DomainType.ofWord(word)
                        .orElseThrow(() -> create.wrong("type", "'" + LibxlObject.shown(word) + "' is not supported")));
        build.skip("type");
        for (DomainType one : DomainType.values()) {
            if (type.isEmpty() && build.has(UNION + one.word())) {
                type = Optional.of(one);
            }
        }
        DomainType found = type.orElseThrow(() -> create.wrong("type", "missing"));
        build.object(UNION + found.word());
        return found;
    }

    private static Optional<UUID> uuid(LibxlObject create) {
        return create.text("uuid").map(text -> UuidText.parse(text)
                .orElseThrow(() -> create.wrong("uuid", "'" + LibxlObject.shown(text) + "' is no UUID")));
    }

    private static void boot(DomainType type, LibxlObject build, DomainConfig.Builder config) {
        file(build, "kernel").ifPresent(config::kernel);
        file(build, "ramdisk").ifPresent(config::ramdisk);
        build.text("cmdline").ifPresent(config::commandLine);
        if (type == DomainType.HVM) {
            // libxl runs no boot loader for these guests.
            build.skip("bootloader", "bootloader_args");
        } else {
            List<String> arguments = build.texts("bootloader_args");
            build.text("bootloader")
                    .map(program -> build.checked(() -> new BootLoader(program, arguments)))
                    .ifPresent(config::bootLoader);
        }
    }

    static Optional<Path> file(LibxlObject object, String name) {
        return object.text(name).map(text -> {
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw object.wrong(name, "no path: " + LibxlObject.shown(text));
            }
        });
    }

    /** Sizes in whole MiB, as a configuration requires. */
    private static void memory(LibxlObject build, DomainConfig.Builder config) {
        Optional<KiB> target = size(build, "target_memkb");
        Optional<KiB> max = size(build, "max_memkb");
        KiB memory = target.or(() -> max).orElseThrow(() -> build.wrong("target_memkb", "missing"));
        config.memory(KiB.ofMiB(memory.toMiB()));
        max.ifPresent(limit -> config.maxMemory(KiB.ofMiB(limit.roundUpToMiB())));
    }

    /** A size; empty if libxl chooses it. */
    static Optional<KiB> size(LibxlObject object, String name) {
        OptionalLong value = object.number(name, 0, MOST_KIB);
        return value.isEmpty() || value.getAsLong() == LIBXL_CHOOSES
                ? Optional.empty()
                : Optional.of(KiB.of(value.getAsLong()));
    }

    private static void vcpus(LibxlObject build, DomainConfig.Builder config) {
        int most = (int) build.number("max_vcpus", 0, MOST_VCPUS).orElse(1);
        int online = build.bits("avail_vcpus", MOST_VCPUS).size();
        config.vcpus(Math.max(1, online)).maxVcpus(Math.max(Math.max(1, online), most));
    }

    /** {@code timer_mode} of {@code type.hvm} is an older place, which libxl still reads. */
    private static ClockConfig clock(LibxlObject build, LibxlObject machine) {
        boolean local = build.flag("localtime").orElse(false);
        long offset =
                build.number("rtc_timeoffset", Integer.MIN_VALUE, UINT32_MAX).orElse(0);
        TscMode mode = build.word("tsc_mode", TscMode.values(), TscMode::word).orElse(TscMode.DEFAULT);
        TimerMode timer = build.word("timer_mode", TimerMode.values(), TimerMode::word)
                .or(() -> machine.word("timer_mode", TimerMode.values(), TimerMode::word))
                .orElse(ClockConfig.DEFAULT.timerMode());
        return new ClockConfig(local ? ClockConfig.Base.LOCAL_TIME : ClockConfig.Base.UTC, (int) offset, mode, timer);
    }

    private static LimitsConfig limits(LibxlObject build) {
        LimitsConfig standard = LimitsConfig.DEFAULT;
        long channels = build.number("event_channels", 0, UINT32_MAX).orElse(0);
        return build.checked(() -> new LimitsConfig(
                limit(build, "max_grant_frames"),
                limit(build, "max_maptrack_frames"),
                channels == 0 ? standard.eventChannels() : (int) Math.min(channels, Integer.MAX_VALUE),
                limit(build, "max_grant_version")));
    }

    private static OptionalInt limit(LibxlObject build, String name) {
        OptionalLong value = build.number(name, 0, UINT32_MAX);
        return value.isEmpty() || value.getAsLong() == LIBXL_CHOOSES
                ? OptionalInt.empty()
                : OptionalInt.of((int) Math.min(value.getAsLong(), Integer.MAX_VALUE));
    }

    /** {@code altp2m} of {@code type.hvm} is an older place of the mode {@code mixed}. */
    private static PagingConfig paging(LibxlObject create, LibxlObject build, LibxlObject machine) {
        boolean assisted = create.flag("hap").orElse(true);
        Optional<KiB> pool = size(build, "shadow_memkb").map(size -> KiB.ofMiB(size.roundUpToMiB()));
        boolean mixed = machine.flag("altp2m").orElse(false);
        PagingConfig.Altp2m altp2m = build.word("altp2m", PagingConfig.Altp2m.values(), PagingConfig.Altp2m::word)
                .orElse(mixed ? PagingConfig.Altp2m.MIXED : PagingConfig.Altp2m.DISABLED);
        return build.checked(() -> new PagingConfig(
                assisted ? PagingConfig.Mode.HARDWARE_ASSISTED : PagingConfig.Mode.SHADOW,
                pool,
                altp2m,
                limit(build, "altp2m_count")));
    }

    private static LifecycleAction action(LibxlObject domain, String name) {
        return domain.word(name, LifecycleAction.values(), LibxlWords::action).orElse(LifecycleAction.DESTROY);
    }
}
