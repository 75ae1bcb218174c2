// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.BootLoader;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.text.UuidText;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Interprets the settings of a file as xl does, all of them, so that every problem of a file is reported at once. */
final class XlInterpreter {

    private static final String HVMLOADER = "hvmloader";

    private final XlSettings settings;
    private final XlDiagnostics diagnostics;
    private final Optional<KiB> memory;
    private final Optional<KiB> maxMemory;

    XlInterpreter(Map<String, XlSetting> settings, XlDiagnostics diagnostics) {
        this.settings = new XlSettings(settings, diagnostics);
        this.diagnostics = diagnostics;
        this.memory = this.settings.mib("memory");
        this.maxMemory = this.settings.mib("maxmem");
    }

    /** The guest; empty if any error has been reported. */
    Optional<DomainConfig> domain() {
        Optional<DomainType> type = type();
        new XlKeyCheck(settings, type).checkAll();
        settings.require("name", "");
        DomainConfig.Builder builder =
                DomainConfig.builder(settings.text("name").orElse(""));
        type.ifPresent(builder::type);
        XlXenSection xen = new XlXenSection(settings, type);
        builder.clock(xen.clock())
                .limits(xen.limits())
                .paging(xen.paging())
                .processor(xen.processor())
                .options(xen.options());
        boot(type, builder);
        type.filter(DomainType.HVM::equals)
                .map(hvm -> new XlHvmSection(settings).machine())
                .ifPresent(builder::hvm);
        XlDescribedSection described = new XlDescribedSection(settings, type);
        builder.deviceModel(described.deviceModel()).describedKeys(described.keys());
        described.label().ifPresent(builder::label);
        XlPlacementSection places = new XlPlacementSection(settings);
        List<VirtualNode> nodes = places.virtualNodes();
        builder.virtualNodes(nodes);
        memory(builder, nodes);
        int vcpus = settings.integer("vcpus").orElse(1);
        Optional<Integer> maxVcpus = settings.integer("maxvcpus")
                .or(() -> nodes.isEmpty() ? Optional.empty() : Optional.of(XlPlacementSection.vcpusOf(nodes)));
        builder.vcpus(vcpus);
        maxVcpus.ifPresent(builder::maxVcpus);
        builder.placement(places.placement(Math.max(1, maxVcpus.orElse(vcpus))));
        devices(builder, described.screen());
        uuid().ifPresent(builder::uuid);
        builder.lifecycle(new Lifecycle(
                action("on_poweroff", Lifecycle.DEFAULT.onPoweroff()),
                action("on_reboot", Lifecycle.DEFAULT.onReboot()),
                action("on_crash", Lifecycle.DEFAULT.onCrash()),
                action("on_watchdog", Lifecycle.DEFAULT.onWatchdog()),
                action("on_soft_reset", Lifecycle.DEFAULT.onSoftReset())));
        Optional<DomainConfig> domain = settings.valid(builder::build);
        return diagnostics.hasErrors() ? Optional.empty() : domain;
    }

    /** The type. {@code type} and {@code builder} must agree, as in xl; a file without them is that of a PV guest. */
    private Optional<DomainType> type() {
        Optional<DomainType> type =
                type("type", Map.of("pvh", DomainType.PVH, "hvm", DomainType.HVM, "pv", DomainType.PV));
        Optional<DomainType> builder = type("builder", Map.of("hvm", DomainType.HVM, "generic", DomainType.PV));
        if (!settings.has("builder") && !settings.has("type")) {
            settings.warn("type", "'type' is missing: the guest is a PV guest, as in xl");
            return Optional.of(DomainType.PV);
        }
        if (builder.isPresent()) {
            settings.warn(
                    "builder",
                    "'builder' is deprecated: write type = \"" + builder.get().word() + '"');
            if (type.isPresent() && !type.equals(builder)) {
                settings.complain("builder", "'builder' contradicts 'type' of line " + settings.line("type"));
            }
        }
        return type.or(() -> builder);
    }

    private Optional<DomainType> type(String key, Map<String, DomainType> words) {
        Optional<String> word = settings.text(key);
        Optional<DomainType> type = word.map(words::get);
        if (word.isPresent() && type.isEmpty()) {
            settings.complain(
                    key,
                    "'" + key + "' is \"" + word.get() + "\", which is no kind of guest"
                            + suggestion(word.get(), words.keySet()));
        }
        return type;
    }

    private static String suggestion(String word, Collection<String> words) {
        return KeySuggestions.closest(word.toLowerCase(Locale.ROOT), words)
                .map(meant -> "; did you mean \"" + meant + "\"?")
                .orElse("");
    }

    private void boot(Optional<DomainType> type, DomainConfig.Builder builder) {
        Optional<Path> kernel = settings.file("kernel");
        boolean isLoader = type.equals(Optional.of(DomainType.HVM))
                && kernel.filter(file -> file.endsWith(HVMLOADER)).isPresent();
        if (isLoader) {
            settings.warn("kernel", "'kernel' is ignored, as xl does: hvmloader is no kernel, but 'firmware_override'");
            kernel = Optional.empty();
        }
        kernel.ifPresent(builder::kernel);
        settings.file("ramdisk").ifPresent(builder::ramdisk);
        if (!type.equals(Optional.of(DomainType.HVM))) {
            bootLoader().ifPresent(builder::bootLoader);
        }
        builder.commandLine(commandLine());
    }

    /** The boot loader. A text of arguments is split at blanks, as in xl. */
    private Optional<BootLoader> bootLoader() {
        List<String> arguments = settings.isList("bootloader_args")
                ? settings.texts("bootloader_args")
                : settings.text("bootloader_args")
                        .map(text -> List.of(StringUtils.split(text, " \t\n")))
                        .orElse(List.of());
        return settings.filled("bootloader")
                .flatMap(program -> settings.valid(() -> new BootLoader(program, arguments)));
    }

    /** The command line, as in xl: {@code cmdline} alone if there is one; else {@code root=}, root's value, a blank and extra. */
    private String commandLine() {
        Optional<String> root = settings.text("root");
        Optional<String> extra = settings.text("extra");
        Optional<String> commandLine = settings.text("cmdline");
        if (commandLine.isPresent()) {
            if (root.isPresent() || extra.isPresent()) {
                settings.warn("cmdline", "'cmdline' is set, therefore 'root' and 'extra' are ignored");
            }
            return commandLine.get();
        }
        return root.map(device ->
                        "root=" + device + extra.map(rest -> " " + rest).orElse(""))
                .or(() -> extra)
                .orElse("");
    }

    /**
     * Each of memory and maxmem is the default of the other, as in xl; that of maxmem is the sum of the guest's NUMA nodes,
     * if it has any. If all of them are missing, that is an error.
     */
    private void memory(DomainConfig.Builder builder, List<VirtualNode> nodes) {
        Optional<KiB> most = maxMemory.or(
                () -> nodes.isEmpty() ? Optional.empty() : Optional.of(XlPlacementSection.memoryOf(nodes)));
        if (most.isEmpty() && !settings.has("maxmem") && !settings.has("vnuma")) {
            settings.require("memory", ": xl would give the guest 32 MiB");
        }
        memory.or(() -> most).ifPresent(builder::memory);
        most.ifPresent(builder::maxMemory);
    }

    private void devices(DomainConfig.Builder builder, Optional<OtherDevice> screen) {
        builder.disks(each("disk", (index, text) -> XlDiskReader.read(text)));
        builder.nics(each("vif", (index, text) -> {
            XlNicSpec spec = new XlNicSpec(OptionalInt.of(index), warning -> settings.warn("vif", warning));
            return spec.parse(text);
        }));
        Stream<OtherDevice> listed = Stream.of(OtherDevice.Kind.values())
                .flatMap(kind ->
                        each(kind.key(), (index, text) -> XlOtherDevices.read(kind, text, flags(kind))).stream());
        builder.otherDevices(Stream.concat(listed, screen.stream())
                .sorted(Comparator.comparing(OtherDevice::kind))
                .toList());
    }

    /** The flags of all PCI devices. */
    private List<String> flags(OtherDevice.Kind kind) {
        return kind == OtherDevice.Kind.PCI
                ? Stream.of("permissive", "msitranslate", "seize", "power_mgmt")
                        .filter(flag -> settings.truth("pci_" + flag).orElse(false))
                        .toList()
                : List.of();
    }

    private <T> List<T> each(String key, BiFunction<Integer, String, T> parser) {
        List<T> parsed = new ArrayList<>();
        List<String> texts = settings.texts(key);
        for (int index = 0; index < texts.size(); index++) {
            String text = texts.get(index);
            try {
                parsed.add(parser.apply(index, text));
            } catch (ConfigException e) {
                settings.complain(key, "'" + key + "' has \"" + text + "\": " + e.getMessage());
            }
        }
        return parsed;
    }

    private Optional<UUID> uuid() {
        Optional<String> text = settings.text("uuid");
        if (text.isPresent() && UuidText.parse(text.get()).isEmpty()) {
            settings.complain(
                    "uuid", "'uuid' is not of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx: \"" + text.get() + '"');
            return Optional.empty();
        }
        return text.flatMap(UuidText::parse);
    }

    private LifecycleAction action(String key, LifecycleAction otherwise) {
        return settings.word(key, LifecycleAction.values(), LifecycleAction::word)
                .orElse(otherwise);
    }
}
