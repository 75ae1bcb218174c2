// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.math.LongMath;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.XlSetting.Operator;
import org.xenjava.toolstack.config.XlValue.Items;
import org.xenjava.toolstack.config.XlValue.Text;

/**
 * Gives the settings of a file their meaning, xl's meaning. Looks at every one of them before it gives up, so that the
 * owner of the file hears everything at once.
 */
final class XlInterpreter {
    /** Stricter than {@link UUID#fromString}, which takes {@code 1-1-1-1-1}, and as strict as xl. */
    private static final Pattern UUID_FORM = Pattern.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private static final long KIB_PER_MIB = 1024;

    private final Map<String, XlSetting> settings;
    private final XlFindings findings;

    /** With a statement missing, what is missing may have been in it. */
    private final boolean everythingWasRead;

    XlInterpreter(Map<String, XlSetting> settings, XlFindings findings) {
        this.settings = settings;
        this.findings = findings;
        this.everythingWasRead = !findings.hasErrors();
    }

    /** The guest; meaningless, and therefore absent, if there are errors among the findings now. */
    Optional<DomainConfig> domain() {
        Optional<DomainType> type = type();
        settings.values().forEach(setting -> examine(setting, type));
        require("name", "");
        Optional<String> name = text("name");
        name.flatMap(DomainRules::ofName).ifPresent(complaint -> complain("name", complaint));
        DomainConfig.Builder builder = DomainConfig.builder(name.orElse(""));
        type.ifPresent(builder::type);
        boot(type, builder);
        memory(type, builder);
        vcpus(builder);
        uuid().ifPresent(builder::uuid);
        builder.lifecycle(new Lifecycle(
                action("on_poweroff", Lifecycle.DEFAULT.onPoweroff()),
                action("on_reboot", Lifecycle.DEFAULT.onReboot()),
                action("on_crash", Lifecycle.DEFAULT.onCrash())));
        return findings.hasErrors() ? Optional.empty() : Optional.of(builder.build());
    }

    private void examine(XlSetting setting, Optional<DomainType> type) {
        Optional<XlKey> known = XlKeys.find(setting.key());
        if (known.isEmpty()) {
            String suggestion = Spelling.closest(
                            setting.key(),
                            XlKeys.all().stream().map(XlKey::name).toList())
                    .map(name -> "; did you mean '" + name + "'?")
                    .orElse("");
            findings.error(setting.line(), "'" + setting.key() + "' is no key of xl.cfg" + suggestion);
            return;
        }
        XlKey key = known.get();
        String quoted = "'" + key.name() + "'";
        switch (key.status()) {
            case SUPPORTED -> {}
            case IGNORED -> findings.warn(setting.line(), quoted + " is ignored: " + key.reason());
            case REFUSED -> {
                if (!key.guests().include(type)) {
                    findings.warn(setting.line(), quoted + " is ignored, as xl does: it concerns HVM guests");
                } else if (key.isHarmless(setting.value())) {
                    findings.warn(setting.line(), quoted + " is not supported, but this value asks for nothing");
                } else {
                    findings.error(setting.line(), quoted + " is refused: " + key.reason());
                }
            }
        }
    }

    /** xl's rule: the two agree or only one is there; but here no type is not PV. */
    private Optional<DomainType> type() {
        Optional<DomainType> type = type("type", Map.of("pvh", DomainType.PVH, "hvm", DomainType.HVM));
        Optional<DomainType> builder = type("builder", Map.of("hvm", DomainType.HVM));
        if (!settings.containsKey("builder")) {
            require("type", ": write \"pvh\" or \"hvm\"; xl's default, \"pv\", is not supported");
        }
        if (builder.isPresent()) {
            findings.warn(line("builder"), "'builder' is deprecated: write type = \"hvm\"");
            if (type.isPresent() && !type.equals(builder)) {
                complain("builder", "'builder' contradicts 'type' of line " + line("type"));
            }
        }
        return type.or(() -> builder);
    }

    private Optional<DomainType> type(String key, Map<String, DomainType> words) {
        Optional<String> word = text(key);
        Optional<DomainType> type = word.map(words::get);
        if (word.isPresent() && type.isEmpty()) {
            boolean pv = word.get().equals("pv") || word.get().equals("generic");
            complain(
                    key,
                    "'" + key + "' is \"" + word.get() + "\", "
                            + (pv ? "a PV guest, which is not supported" : "which is no kind of guest"));
        }
        return type;
    }

    private void boot(Optional<DomainType> type, DomainConfig.Builder builder) {
        Optional<Path> kernel = file("kernel");
        Optional<Path> ramdisk = file("ramdisk");
        kernel.ifPresent(builder::kernel);
        ramdisk.ifPresent(builder::ramdisk);
        String commandLine = commandLine();
        builder.commandLine(commandLine);
        if (everythingWasRead && !settings.containsKey("kernel")) {
            type.flatMap(known -> DomainRules.ofKernel(known, kernel))
                    .or(() -> DomainRules.ofDirectBoot(kernel, ramdisk, commandLine))
                    .ifPresent(complaint -> findings.error(XlFindings.WHOLE_FILE, complaint));
        }
    }

    /** xl's rule: cmdline alone, if there is one; else {@code root=} before root's value, a blank, and extra. */
    private String commandLine() {
        Optional<String> root = text("root");
        Optional<String> extra = text("extra");
        Optional<String> commandLine = text("cmdline");
        if (commandLine.isPresent()) {
            if (root.isPresent() || extra.isPresent()) {
                findings.warn(line("cmdline"), "'cmdline' is set, therefore 'root' and 'extra' are ignored");
            }
            return commandLine.get();
        }
        return root.map(device ->
                        "root=" + device + extra.map(rest -> " " + rest).orElse(""))
                .or(() -> extra)
                .orElse("");
    }

    /** A relative path stays one, relative to the directory in which the process runs, as in xl. */
    private Optional<Path> file(String key) {
        return text(key).flatMap(name -> {
            try {
                Path file = Path.of(name);
                DomainRules.ofFile(key, file).ifPresent(complaint -> complain(key, complaint));
                return Optional.of(file);
            } catch (InvalidPathException e) {
                complain(key, "'" + key + "' is no path: " + e.getMessage());
                return Optional.empty();
            }
        });
    }

    /** libxl's rule: what one of the two does not say is what the other says. */
    private void memory(Optional<DomainType> type, DomainConfig.Builder builder) {
        OptionalLong memory = number("memory");
        OptionalLong maxMemory = number("maxmem");
        if (!settings.containsKey("maxmem")) {
            require("memory", ": xl would give the guest 32 MiB");
        }
        if (memory.isEmpty() && maxMemory.isEmpty()) {
            return;
        }
        long memoryKib = toKib(memory.orElseGet(maxMemory::getAsLong));
        long maxMemoryKib = toKib(maxMemory.orElseGet(memory::getAsLong));
        String memoryKey = memory.isPresent() ? "memory" : "maxmem";
        String maxMemoryKey = maxMemory.isPresent() ? "maxmem" : "memory";
        Optional<String> complaint = DomainRules.ofMemory(memoryKib);
        complaint.ifPresent(text -> complain(memoryKey, text));
        if (complaint.isEmpty()) {
            DomainRules.ofMaxMemory(memoryKib, maxMemoryKib).ifPresent(text -> complain(maxMemoryKey, text));
            type.filter(DomainType.HVM::equals)
                    .flatMap(hvm -> DomainRules.ofVideoRam(memoryKib, GraphicsConfig.DEFAULT.videoRamKib()))
                    .ifPresent(text -> complain(memoryKey, text));
        }
        builder.memoryKib(memoryKib).maxMemoryKib(maxMemoryKib);
    }

    /** xl's rule: one vCPU unless vcpus says more, whatever maxvcpus says. */
    private void vcpus(DomainConfig.Builder builder) {
        long vcpus = number("vcpus").orElse(1);
        long maxVcpus = number("maxvcpus").orElse(vcpus);
        Optional<String> complaint = DomainRules.ofVcpus(vcpus);
        complaint.ifPresent(text -> complain("vcpus", text));
        if (complaint.isEmpty()) {
            DomainRules.ofMaxVcpus(vcpus, maxVcpus).ifPresent(text -> complain("maxvcpus", text));
        }
        builder.vcpus((int) vcpus).maxVcpus((int) maxVcpus);
    }

    private Optional<UUID> uuid() {
        Optional<String> text = text("uuid");
        if (text.isPresent() && !UUID_FORM.matcher(text.get()).matches()) {
            complain("uuid", "'uuid' is not of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx: \"" + text.get() + '"');
            return Optional.empty();
        }
        return text.map(UUID::fromString);
    }

    private LifecycleAction action(String key, LifecycleAction otherwise) {
        return text(key).map(word -> action(key, word).orElse(otherwise)).orElse(otherwise);
    }

    private Optional<LifecycleAction> action(String key, String word) {
        List<LifecycleAction> actions = Arrays.asList(LifecycleAction.values());
        Optional<LifecycleAction> action =
                actions.stream().filter(one -> one.word().equals(word)).findAny();
        if (action.isEmpty()) {
            complain(
                    key,
                    "'" + key + "' is \"" + word + "\", not one of "
                            + String.join(
                                    ", ",
                                    actions.stream().map(LifecycleAction::word).toList()));
        }
        return action;
    }

    private Optional<String> text(String key) {
        XlSetting setting = settings.get(key);
        if (setting == null) {
            return Optional.empty();
        }
        if (setting.value() instanceof Items) {
            complain(key, "'" + key + "' is a list but should be a single value");
            return Optional.empty();
        }
        return Optional.of(((Text) setting.value()).text());
    }

    private OptionalLong number(String key) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (settings.get(key).operator() == Operator.APPEND) {
            complain(key, "'" + key + "' is a number, to which += adds nothing");
            return OptionalLong.empty();
        }
        OptionalLong number = new Text(text.get()).number();
        if (number.isEmpty()) {
            complain(key, "'" + key + "' is \"" + text.get() + "\", which is not a number");
        }
        return number;
    }

    /** Saturates where a long ends, far above what the rules allow. */
    private static long toKib(long mib) {
        return LongMath.saturatedMultiply(mib, KIB_PER_MIB);
    }

    /** Reports the key if it is missing. */
    private void require(String key, String advice) {
        if (everythingWasRead && !settings.containsKey(key)) {
            findings.error(XlFindings.WHOLE_FILE, "'" + key + "' is missing" + advice);
        }
    }

    private void complain(String key, String complaint) {
        findings.error(line(key), complaint);
    }

    private int line(String key) {
        XlSetting setting = settings.get(key);
        return setting == null ? XlFindings.WHOLE_FILE : setting.line();
    }
}
