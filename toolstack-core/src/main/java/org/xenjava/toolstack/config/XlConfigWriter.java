// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.nio.file.Path;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;

/**
 * Writes a configuration as xl.cfg text that xl and {@link XlConfigReader} read, in one form only: every key that has a
 * value, defaults too, one a line and always in this order. Reading it gives an equal configuration.
 */
public final class XlConfigWriter {
    private static final long KIB_PER_MIB = 1024;

    private final StringBuilder text = new StringBuilder();

    private XlConfigWriter() {}

    /**
     * The configuration as xl.cfg text, each line with its newline.
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
        config.kernel().map(Path::toString).ifPresent(file -> string("kernel", file));
        config.ramdisk().map(Path::toString).ifPresent(file -> string("ramdisk", file));
        if (!config.commandLine().isEmpty()) {
            string("cmdline", config.commandLine());
        }
        number("memory", config.memoryKib() / KIB_PER_MIB);
        number("maxmem", config.maxMemoryKib() / KIB_PER_MIB);
        number("vcpus", config.vcpus());
        number("maxvcpus", config.maxVcpus());
        lifecycle(config.lifecycle());
    }

    private void lifecycle(Lifecycle lifecycle) {
        string("on_poweroff", lifecycle.onPoweroff().word());
        string("on_reboot", lifecycle.onReboot().word());
        string("on_crash", lifecycle.onCrash().word());
    }

    private void number(String key, long value) {
        text.append(key).append(" = ").append(value).append('\n');
    }

    private void string(String key, String value) {
        text.append(key).append(" = \"");
        value.chars().forEach(c -> text.append(XlLexer.escaped((char) c)));
        text.append("\"\n");
    }
}
