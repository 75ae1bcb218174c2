// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import net.jqwik.api.arbitraries.StringArbitrary;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.TimerMode;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.CpuidEdit;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Backend;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Builder;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Sdl;
import org.xenjava.toolstack.config.GraphicsConfig.Spice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.config.HvmConfig.UsbDevice;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.MemorySizes;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Rate;
import org.xenjava.toolstack.config.NicConfig.Trust;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.PeripheralConfig;
import org.xenjava.toolstack.config.PeripheralConfig.SoundCard;
import org.xenjava.toolstack.config.PlatformConfig;
import org.xenjava.toolstack.config.PlatformConfig.GenerationId;
import org.xenjava.toolstack.config.PlatformConfig.MachineCheckFeature;
import org.xenjava.toolstack.config.PlatformConfig.SmbiosString;
import org.xenjava.toolstack.config.PlatformConfig.VendorDevice;
import org.xenjava.toolstack.config.ProcessorConfig;
import org.xenjava.toolstack.config.ViridianFeature;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Random configurations, all of them valid. */
public final class ConfigArbitraries {
    /** So much that it holds every graphics card. */
    private static final long LEAST_MIB = 513;

    private ConfigArbitraries() {}

    public static Arbitrary<DomainConfig> configs() {
        Arbitrary<Long> mib = Arbitraries.longs().between(LEAST_MIB, MemorySizes.MAXIMUM.toMiB());
        Arbitrary<Integer> vcpus = Arbitraries.integers().between(1, DomainConfig.MAX_VCPUS);
        Arbitrary<LifecycleAction> action = Arbitraries.of(LifecycleAction.class);
        Arbitrary<UUID> uuid =
                Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(UUID::new);
        return Combinators.combine(
                        guests(),
                        mib.tuple2(),
                        vcpus.tuple2(),
                        Combinators.combine(action, action, action, action, action)
                                .as(Lifecycle::new),
                        uuid.optional(),
                        Combinators.combine(
                                        clocks(),
                                        limits(),
                                        paging(),
                                        processors(),
                                        Arbitraries.of(EnumSet.complementOf(EnumSet.of(GuestOption.E820_HOST)))
                                                .set(),
                                        deviceModels())
                                .as((clock, limits, paging, processor, options, model) -> DomainConfig.builder("xen")
                                        .deviceModel(model)
                                        .clock(clock)
                                        .limits(limits)
                                        .paging(paging)
                                        .processor(
                                                paging.mode() == PagingConfig.Mode.SHADOW
                                                                || paging.altp2m() != PagingConfig.Altp2m.DISABLED
                                                        ? ProcessorConfig.DEFAULT
                                                        : processor)
                                        .options(options)
                                        .type(DomainType.HVM)
                                        .memoryMib(64)
                                        .build()))
                .as((builder, memory, cpus, lifecycle, id, xen) -> {
                    id.ifPresent(builder::uuid);
                    builder.clock(xen.clock())
                            .limits(xen.limits())
                            .paging(xen.paging())
                            .processor(xen.processor())
                            .options(xen.options())
                            .deviceModel(xen.deviceModel());
                    if (xen.paging().altp2m() != PagingConfig.Altp2m.DISABLED) {
                        memory = Tuple.of(memory.get1(), memory.get1());
                    }
                    return builder.memoryMib(Math.min(memory.get1(), memory.get2()))
                            .maxMemoryMib(Math.max(memory.get1(), memory.get2()))
                            .vcpus(Math.min(cpus.get1(), cpus.get2()))
                            .maxVcpus(Math.max(cpus.get1(), cpus.get2()))
                            .lifecycle(lifecycle)
                            .build();
                })
                .map(ConfigArbitraries::withoutTimerIfPv);
    }

    private static DomainConfig withoutTimerIfPv(DomainConfig config) {
        ClockConfig clock = config.clock();
        return config.type() == DomainType.PV
                ? config.toBuilder()
                        .clock(new ClockConfig(clock.base(), clock.offsetSeconds(), clock.tscMode()))
                        .build()
                : config;
    }

    private static Arbitrary<Builder> guests() {
        Arbitrary<Builder> pvh = devices(named(DomainType.PVH, true), DomainType.PVH);
        Arbitrary<Builder> hvm = Arbitraries.of(true, false).flatMap(direct -> named(DomainType.HVM, direct));
        Arbitrary<Builder> pv = devices(named(DomainType.PV, true), DomainType.PV);
        return Arbitraries.oneOf(
                pvh,
                pv,
                Combinators.combine(devices(hvm, DomainType.HVM), machines())
                        .as((builder, machine) -> builder.hvm(machine).memoryMib(1024))
                        .filter(ConfigArbitraries::isValid));
    }

    private static Builder guest(DomainType type) {
        return DomainConfig.builder("x").type(type).kernel(Path.of("k")).memoryMib(64);
    }

    private static boolean isValid(Builder builder) {
        try {
            builder.build();
            return true;
        } catch (ConfigException e) {
            return false;
        }
    }

    private static Arbitrary<Builder> named(DomainType type, boolean direct) {
        Arbitrary<String> name = text().ofMinLength(1)
                .ofMaxLength(255)
                .filter(text ->
                        isValid(DomainConfig.builder(text).type(DomainType.HVM).memoryMib(64)));
        if (!direct) {
            return name.map(text -> DomainConfig.builder(text).type(type));
        }
        return Combinators.combine(name, files(), files().optional(), text().ofMaxLength(200))
                .as((text, kernel, ramdisk, commandLine) -> {
                    Builder builder =
                            DomainConfig.builder(text).type(type).kernel(kernel).commandLine(commandLine);
                    ramdisk.ifPresent(builder::ramdisk);
                    return builder;
                });
    }

    private static Arbitrary<Builder> devices(Arbitrary<Builder> guest, DomainType type) {
        Arbitrary<List<DiskConfig>> disks =
                disks().list().ofMaxSize(4).filter(list -> isValid(guest(type).disks(list)));
        Arbitrary<List<NicConfig>> nics =
                nics().list().ofMaxSize(3).filter(list -> isValid(guest(type).nics(list)));
        return Combinators.combine(guest, disks, nics, describedKeys(type)).as((builder, some, others, keys) -> {
            if (keys.containsKey(DescribedKey.INIT_SECLABEL)) {
                builder.label("system_u:system_r:domU_t");
            }
            return builder.disks(some).nics(others).describedKeys(keys);
        });
    }

    private static Arbitrary<DiskConfig> disks() {
        Arbitrary<String> vdev =
                Arbitraries.of("hda", "sdb", "sdc4", "xvdc", "xvde", "xvdzz", "xvdf17", "d7p0", "0x300");
        Arbitrary<EnumSet<DiskTrait>> traits = Arbitraries.of(DiskTrait.class)
                .set()
                .map(set -> {
                    EnumSet<DiskTrait> some = EnumSet.noneOf(DiskTrait.class);
                    some.addAll(set);
                    return some;
                });
        return Combinators.combine(vdev, printable(), printable(), traits).as((name, target, script, some) -> {
            DiskConfig.Builder disk = DiskConfig.builder(name);
            if (!some.contains(DiskTrait.EMPTY)) {
                disk.target(target);
            }
            some.forEach(trait -> trait.apply(disk, script.replace(',', '.')));
            return disk.build();
        });
    }

    /** In an order in which each may be with all that come before it. */
    private enum DiskTrait {
        EMPTY,
        CDROM,
        READ_ONLY,
        QCOW2,
        SCRIPT,
        QDISK,
        DISCARD,
        DIRECT_IO_SAFE,
        UNTRUSTED;

        void apply(DiskConfig.Builder disk, String script) {
            switch (this) {
                case EMPTY, CDROM -> disk.cdrom();
                case READ_ONLY -> disk.readOnly();
                case SCRIPT -> disk.script(script);
                case QDISK -> disk.backend(Backend.QDISK);
                case DISCARD -> disk.discard();
                case DIRECT_IO_SAFE -> disk.directIoSafe();
                case UNTRUSTED -> disk.untrusted();
                case QCOW2 -> {}
            }
        }
    }

    private static Arbitrary<NicConfig> nics() {
        Arbitrary<MacAddress> mac = Arbitraries.randomValue(MacAddress::random);
        Arbitrary<String> name = Arbitraries.strings()
                .alpha()
                .numeric()
                .withChars(".-_@=")
                .ofMinLength(1)
                .ofMaxLength(15);
        Arbitrary<String> word = printable().map(text -> text.replace(',', '.'));
        Arbitrary<Rate> rate = Combinators.combine(
                        Arbitraries.longs().between(1, 0xffff_ffffL),
                        Arbitraries.of(1L, 1000L, 1_000_000L, 1_000_000_000L),
                        Arbitraries.longs().between(1, 4))
                .as((amount, unit, interval) -> new Rate(amount * unit, interval));
        return Combinators.combine(
                        mac.optional(),
                        name.list().ofSize(3),
                        Arbitraries.of(NicConfig.Type.class).optional(),
                        word.optional(),
                        word.optional(),
                        Arbitraries.integers().between(68, 65_535),
                        rate.optional(),
                        Arbitraries.of(Trust.class))
                .as((address, names, type, script, ip, mtu, limit, trust) -> new NicConfig(
                        address,
                        names.get(0),
                        type,
                        "virtio-net-pci",
                        script,
                        Optional.of(names.get(1)),
                        ip,
                        Optional.of(names.get(2)),
                        mtu,
                        limit,
                        trust,
                        mtu % 2 == 0 ? OptionalInt.of(mtu) : OptionalInt.empty(),
                        mtu % 3 == 0 ? Optional.of("net1") : Optional.empty()));
    }

    private static Arbitrary<ClockConfig> clocks() {
        return Combinators.combine(
                        Arbitraries.of(ClockConfig.Base.class),
                        Arbitraries.integers().between(-100_000, 100_000),
                        Arbitraries.of(TscMode.class),
                        Arbitraries.of(TimerMode.class))
                .as(ClockConfig::new);
    }

    private static Arbitrary<LimitsConfig> limits() {
        return Combinators.combine(
                        Arbitraries.integers().between(1, 1 << 20).optional(),
                        Arbitraries.integers().between(0, 1 << 20).optional(),
                        Arbitraries.integers().between(10, 131_071),
                        Arbitraries.of(1, 2).optional())
                .as((grants, maptrack, channels, version) ->
                        new LimitsConfig(number(grants), number(maptrack), channels, number(version)));
    }

    private static OptionalInt number(Optional<Integer> number) {
        return number.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    private static Arbitrary<PagingConfig> paging() {
        return Combinators.combine(
                        Arbitraries.of(PagingConfig.Mode.class),
                        Arbitraries.longs().between(0, 4096).map(KiB::ofMiB).optional(),
                        Arbitraries.of(PagingConfig.Altp2m.class),
                        Arbitraries.integers().between(1, 65_535).optional())
                .as((mode, pool, altp2m, count) -> new PagingConfig(mode, pool, altp2m, number(count)));
    }

    private static Arbitrary<ProcessorConfig> processors() {
        Arbitrary<String> bits = Arbitraries.strings().withChars("01xks").ofLength(32);
        Arbitrary<CpuidEdit> edit = Combinators.combine(
                        Arbitraries.of(0, 1, 7, 0x8000_0001, 0x4000_0000),
                        Arbitraries.of(0, 1).optional(),
                        Arbitraries.of(CpuidEdit.Register.class),
                        bits)
                .as((leaf, subleaf, register, text) -> new CpuidEdit(leaf, number(subleaf), register, text));
        return Combinators.combine(
                        Arbitraries.of(ProcessorConfig.Feature.class).set(),
                        edit.list()
                                .ofMaxSize(4)
                                .uniqueElements(one -> List.of(one.leaf(), one.subleaf(), one.register())),
                        Arbitraries.of(0L, 4L, 64L, 1L << 21).map(KiB::of))
                .as(ProcessorConfig::new);
    }

    private static Arbitrary<PlatformConfig> platforms() {
        Arbitrary<SmbiosString> text = Combinators.combine(Arbitraries.of(SmbiosString.Kind.class), printable())
                .as(SmbiosString::new);
        Arbitrary<GenerationId> generation = Arbitraries.oneOf(
                Arbitraries.of(new GenerationId.None(), new GenerationId.Random()),
                Arbitraries.longs().tuple2().map(id -> new GenerationId.Fixed(new UUID(id.get1(), id.get2()))));
        return Combinators.combine(
                        text.list().ofMaxSize(3).uniqueElements(SmbiosString::kind),
                        generation,
                        Arbitraries.of(MachineCheckFeature.class).set(),
                        Arbitraries.of(VendorDevice.class).optional())
                .as(PlatformConfig::new);
    }

    private static Arbitrary<PeripheralConfig> peripherals() {
        return Combinators.combine(
                        Arbitraries.of(PeripheralConfig.DiskBus.class),
                        Arbitraries.integers().between(1, 3).optional(),
                        Arbitraries.of(SoundCard.class).optional())
                .as((bus, version, sound) -> new PeripheralConfig(bus, number(version), sound));
    }

    private static Arbitrary<Spice> spices() {
        Arbitrary<String> word = Arbitraries.of("off", "auto_glz", "filter");
        return Combinators.combine(
                        Arbitraries.of("127.0.0.1", "::1", "host.example").optional(),
                        Arbitraries.integers().between(1, 65_535),
                        Arbitraries.integers().between(1, 65_535).optional(),
                        printable().optional(),
                        Arbitraries.of(Spice.Feature.class).set(),
                        Arbitraries.integers().between(0, 4),
                        word.optional().tuple2())
                .as((host, port, tls, password, features, redirections, words) -> new Spice(
                        host,
                        OptionalInt.of(port),
                        number(tls),
                        password,
                        features,
                        redirections,
                        words.get1(),
                        words.get2()));
    }

    private static Arbitrary<DeviceModel> deviceModels() {
        return Combinators.combine(
                        files().optional(),
                        text().ofMaxLength(20).list().ofMaxSize(3),
                        Arbitraries.of(Confinement.REQUIRED, Confinement.OFF).optional(),
                        Arbitraries.of("qemu", "xen-qemu_1").optional())
                .as(DeviceModel::new);
    }

    private static Arbitrary<Map<DescribedKey, String>> describedKeys(DomainType type) {
        List<Arbitrary<Optional<Map.Entry<DescribedKey, String>>>> entries = Arrays.stream(DescribedKey.values())
                .map(key -> valuesOf(key)
                        .map(value -> Map.entry(key, value))
                        .optional()
                        .map(entry -> entry.filter(some -> isValid(guest(type).describedKeys(Map.ofEntries(some))))))
                .toList();
        return Combinators.combine(entries).as(some -> {
            Map<DescribedKey, String> keys = new EnumMap<>(DescribedKey.class);
            some.forEach(entry -> entry.ifPresent(one -> keys.put(one.getKey(), one.getValue())));
            if (!keys.containsKey(DescribedKey.PVSHIM)) {
                keys.keySet().removeIf(key -> key.name().startsWith("PVSHIM"));
            }
            return keys;
        });
    }

    private static Arbitrary<String> valuesOf(DescribedKey key) {
        return switch (key) {
            case ACPI -> Arbitraries.just("0");
            case PASSTHROUGH -> Arbitraries.of("enabled", "sync_pt", "share_pt");
            case RDM -> Arbitraries.of("strategy=host", "strategy=host,policy=strict", "strategy=host,policy=relaxed");
            case RDM_MEM_BOUNDARY -> Arbitraries.integers().between(0, 100_000).map(Object::toString);
            case GFX_PASSTHRU -> Arbitraries.of("1", "igd");
            case PVSHIM, DEVICE_MODEL_STUBDOMAIN_OVERRIDE, VKB_DEVICE -> Arbitraries.just("1");
            case PVSHIM_PATH, PVSHIM_CMDLINE, PVSHIM_EXTRA, INIT_SECLABEL, DEVICE_MODEL_STUBDOMAIN_SECLABEL ->
                printable();
        };
    }

    private static Arbitrary<HvmConfig> machines() {
        Arbitrary<List<Optional<Path>>> files = files().optional().list().ofSize(5);
        Arbitrary<Firmware> firmware = Combinators.combine(Arbitraries.of(Bios.class), files)
                .as((bios, some) -> new Firmware(bios, some.get(0), some.get(1), some.get(2), some.get(3)));
        Arbitrary<Set<ViridianFeature>> viridian = Arbitraries.of(ViridianFeature.class)
                .set()
                .filter(groups -> groups.isEmpty() || groups.contains(ViridianFeature.BASE));
        Arbitrary<HvmConfig.Builder> base = Combinators.combine(
                        firmware,
                        Arbitraries.of("c", "dc", "nacd"),
                        Arbitraries.of(HvmFeature.class).set(),
                        viridian)
                .as((loader, boot, features, groups) -> HvmConfig.builder()
                        .firmware(loader)
                        .boot(boot)
                        .features(features)
                        .viridian(groups));
        return Combinators.combine(
                        base,
                        Arbitraries.longs().between(256, 3840).optional(),
                        printable().list().ofMaxSize(2).filter(ports -> !ports.equals(List.of("none"))),
                        Arbitraries.of(UsbDevice.class).list().ofMaxSize(3),
                        screens(),
                        platforms(),
                        peripherals())
                .as((builder, hole, serial, usb, screen, platform, peripherals) -> {
                    hole.ifPresent(mib -> builder.mmioHole(KiB.ofMiB(mib)));
                    return builder.serial(serial)
                            .usbDevices(usb)
                            .graphics(screen)
                            .platform(platform)
                            .peripherals(peripherals)
                            .build();
                });
    }

    private static Arbitrary<GraphicsConfig> screens() {
        Arbitrary<Vnc> vnc = Combinators.combine(
                        Arbitraries.of("127.0.0.1", "::1", "localhost", "0.0.0.0", "2001:db8::1", "unix:/run/vnc.sock"),
                        Arbitraries.integers().between(0, 59_635),
                        Arbitraries.of(DisplayChoice.class),
                        printable().map(text -> text.substring(0, Math.min(8, text.length()))))
                .as((listen, display, choice, password) -> new Vnc(listen, display, choice, Optional.of(password)));
        Arbitrary<GraphicsConfig> cards = Arbitraries.of(Vga.class).flatMap(vga -> Arbitraries.of(LongStream.iterate(
                                vga.leastVideoRam().toMiB(),
                                mib -> mib <= 512,
                                mib -> mib == 0 ? Long.MAX_VALUE : 2 * mib)
                        .boxed()
                        .toList())
                .map(mib -> GraphicsConfig.of(vga).withVideoRam(KiB.ofMiB(mib))));
        return Combinators.combine(
                        cards,
                        vnc.optional(),
                        Arbitraries.of("de", "en-us").optional(),
                        spices().optional(),
                        Arbitraries.of(new Sdl(Optional.of(":0"), Optional.empty()))
                                .optional())
                .as((card, server, keymap, spice, sdl) ->
                        new GraphicsConfig(card.vga(), card.videoRam(), server, keymap, spice, sdl));
    }

    /** Not every locale has more than ASCII in paths. */
    private static Arbitrary<Path> files() {
        return text().ascii().excludeChars('\0').ofMaxLength(50).map(text -> Path.of("/" + text));
    }

    private static Arbitrary<String> printable() {
        return Arbitraries.strings()
                .withChars("\"'\\#;[],=+: ")
                .withCharRange(' ', '~')
                .withCharRange('\u00A0', '\uD7FF')
                .ofMinLength(1)
                .ofMaxLength(30);
    }

    /** Quotes, backslashes and control characters are likely; NUL does not occur. */
    private static StringArbitrary text() {
        return Arbitraries.strings()
                .withChars("\"'\\#;[],=+ \n\r\t\u0007\b\f\u000B\u001B\u007F")
                .withCharRange(' ', '~')
                .withCharRange('\u0001', '\uD7FF');
    }
}
