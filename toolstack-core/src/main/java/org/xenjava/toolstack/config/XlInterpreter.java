// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * Gives the settings of a file their meaning, xl's meaning. Looks at every one of them before it gives up, so that the
 * owner of the file hears everything at once.
 */
final class XlInterpreter {

    private static final String HVMLOADER = "hvmloader";

    private final Map<String, XlSetting> everything;
    private final XlSettings settings;
    private final XlDiagnostics findings;

    /** With a statement missing, what is missing may have been in it. */
    private final boolean everythingWasRead;

    private final Optional<KiB> memory;
    private final Optional<KiB> maxMemory;

    XlInterpreter(Map<String, XlSetting> settings, XlDiagnostics findings) {
        this.everything = settings;
        this.settings = new XlSettings(settings, findings);
        this.findings = findings;
        this.everythingWasRead = !findings.hasErrors();
        this.memory = this.settings.mib("memory");
        this.maxMemory = this.settings.mib("maxmem");
    }

    /** The guest; meaningless, and therefore absent, if there are errors among the findings now. */
    Optional<DomainConfig> domain() {
        Optional<DomainType> type = type();
        XlKeyCheck examination = new XlKeyCheck(type, populateOnDemand(), findings);
        everything.values().forEach(examination::examine);
        require("name", "");
        Optional<String> name = settings.text("name");
        name.flatMap(DomainRules::ofName).ifPresent(complaint -> settings.complain("name", complaint));
        DomainConfig.Builder builder = DomainConfig.builder(name.orElse(""));
        type.ifPresent(builder::type);
        boot(type, builder);
        Optional<HvmConfig> hvm = type.filter(DomainType.HVM::equals).map(any -> new XlHvmSection(settings).machine());
        hvm.ifPresent(builder::hvm);
        memory(hvm.map(machine -> machine.graphics().videoRam()).orElse(KiB.ZERO), builder);
        vcpus(builder);
        devices(type, builder);
        uuid().ifPresent(builder::uuid);
        builder.lifecycle(new Lifecycle(
                action("on_poweroff", Lifecycle.DEFAULT.onPoweroff()),
                action("on_reboot", Lifecycle.DEFAULT.onReboot()),
                action("on_crash", Lifecycle.DEFAULT.onCrash()),
                action("on_watchdog", Lifecycle.DEFAULT.onWatchdog()),
                action("on_soft_reset", Lifecycle.DEFAULT.onSoftReset())));
        return findings.hasErrors() ? Optional.empty() : Optional.of(builder.build());
    }

    /** xl's rule: the two agree or only one is there; but here no type is not PV. */
    private Optional<DomainType> type() {
        Optional<DomainType> type = type("type", Map.of("pvh", DomainType.PVH, "hvm", DomainType.HVM));
        Optional<DomainType> builder = type("builder", Map.of("hvm", DomainType.HVM));
        if (!settings.has("builder")) {
            require("type", ": write \"pvh\" or \"hvm\"; xl's default, \"pv\", is not supported");
        }
        if (builder.isPresent()) {
            settings.warn("builder", "'builder' is deprecated: write type = \"hvm\"");
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
            boolean pv = word.get().equals("pv") || word.get().equals("generic");
            settings.complain(
                    key,
                    "'" + key + "' is \"" + word.get() + "\", "
                            + (pv ? "a PV guest, which is not supported" : "which is no kind of guest"));
        }
        return type;
    }

    private void boot(Optional<DomainType> type, DomainConfig.Builder builder) {
        Optional<Path> kernel = settings.file("kernel");
        boolean isLoader = type.equals(Optional.of(DomainType.HVM))
                && kernel.filter(file -> file.endsWith(HVMLOADER)).isPresent();
        if (isLoader) {
            settings.warn("kernel", "'kernel' is ignored, as xl does: hvmloader is no kernel, but 'firmware_override'");
            kernel = Optional.empty();
        }
        Optional<Path> ramdisk = settings.file("ramdisk");
        kernel.ifPresent(builder::kernel);
        ramdisk.ifPresent(builder::ramdisk);
        String commandLine = commandLine();
        builder.commandLine(commandLine);
        if (everythingWasRead && (isLoader || !settings.has("kernel"))) {
            Optional<Path> none = Optional.empty();
            type.flatMap(known -> DomainRules.ofKernel(known, none))
                    .or(() -> DomainRules.ofDirectBoot(none, ramdisk, commandLine))
                    .ifPresent(complaint -> findings.error(XlDiagnostics.WHOLE_FILE, complaint));
        }
    }

    /** xl's rule: cmdline alone, if there is one; else {@code root=} before root's value, a blank, and extra. */
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

    private boolean populateOnDemand() {
        return memory.isPresent() && maxMemory.filter(memory.get()::isLessThan).isPresent();
    }

    /** xl's rule: each is the other if it is missing; but if both are, we do not guess. */
    private void memory(KiB videoRam, DomainConfig.Builder builder) {
        if (!settings.has("maxmem")) {
            require("memory", ": xl would give the guest 32 MiB");
        }
        if (memory.isEmpty() && maxMemory.isEmpty()) {
            return;
        }
        KiB least = memory.orElseGet(maxMemory::get);
        KiB most = maxMemory.orElse(least);
        String leastKey = memory.isPresent() ? "memory" : "maxmem";
        String mostKey = maxMemory.isPresent() ? "maxmem" : "memory";
        Optional<String> complaint = DomainRules.ofMemory(least).or(() -> DomainRules.ofVideoRam(least, videoRam));
        complaint.ifPresent(text -> settings.complain(leastKey, text));
        if (complaint.isEmpty()) {
            DomainRules.ofMaxMemory(least, most).ifPresent(text -> settings.complain(mostKey, text));
        }
        builder.memory(least).maxMemory(most);
    }

    /** xl's rule: one vCPU unless vcpus says more, whatever maxvcpus says. */
    private void vcpus(DomainConfig.Builder builder) {
        long vcpus = settings.number("vcpus").orElse(1);
        long maxVcpus = settings.number("maxvcpus").orElse(vcpus);
        Optional<String> complaint = DomainRules.ofVcpus(vcpus);
        complaint.ifPresent(text -> settings.complain("vcpus", text));
        if (complaint.isEmpty()) {
            DomainRules.ofMaxVcpus(vcpus, maxVcpus).ifPresent(text -> settings.complain("maxvcpus", text));
        }
        builder.vcpus((int) vcpus).maxVcpus((int) maxVcpus);
    }

    private void devices(Optional<DomainType> type, DomainConfig.Builder builder) {
        List<DiskConfig> disks = each("disk", (index, text) -> XlDiskSpec.parse(text));
        List<NicConfig> nics = each("vif", (index, text) -> {
            XlNicSpec spec = new XlNicSpec(index, warning -> settings.warn("vif", warning));
            return spec.parse(text);
        });
        type.flatMap(known -> DeviceRules.ofDisks(known, disks))
                .ifPresent(complaint -> settings.complain("disk", complaint));
        type.flatMap(known -> DeviceRules.ofNics(known, nics))
                .ifPresent(complaint -> settings.complain("vif", complaint));
        builder.disks(disks).nics(nics);
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

    /** Reports the key if it is missing. */
    private void require(String key, String advice) {
        if (everythingWasRead && !settings.has(key)) {
            findings.error(XlDiagnostics.WHOLE_FILE, "'" + key + "' is missing" + advice);
        }
    }
}
