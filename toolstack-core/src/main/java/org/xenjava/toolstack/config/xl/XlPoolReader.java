// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.CpuPoolConfig;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** Reads a pool of CPUs in the syntax of xlcpupool.cfg(5): {@code name}, {@code sched}, {@code cpus}, {@code nodes}. */
public final class XlPoolReader {
    private static final Set<String> KEYS = Set.of("name", "sched", "cpus", "nodes");

    private XlPoolReader() {}

    /**
     * Reads a text.
     *
     * @param source the text
     * @param fileName name of the text in messages
     * @return the pool
     * @throws ConfigException if the text does not describe a pool; its message has one line for each error
     */
    public static CpuPoolConfig parse(String source, String fileName) {
        XlDiagnostics diagnostics = new XlDiagnostics(fileName);
        XlSettings settings = new XlSettings(XlParser.parse(source, diagnostics), diagnostics);
        settings.all().stream()
                .filter(setting -> !KEYS.contains(setting.key()))
                .forEach(setting -> settings.complain(setting.key(), "a pool has no '" + setting.key() + "'"));
        Optional<Scheduler> scheduler = settings.wordInAnyCase("sched", Scheduler.values(), Scheduler::word);
        CpuPoolConfig pool = new CpuPoolConfig(settings.text("name").orElse(""), scheduler, cpus(settings));
        if (diagnostics.hasErrors()) {
            throw diagnostics.exception();
        }
        return pool;
    }

    private static Optional<CpuList> cpus(XlSettings settings) {
        List<String> elements = new ArrayList<>(settings.textOrTexts("cpus"));
        List<String> nodes = settings.textOrTexts("nodes");
        if (!elements.isEmpty() && !nodes.isEmpty()) {
            settings.complain("nodes", "a pool has either 'cpus' or 'nodes'");
            return Optional.empty();
        }
        nodes.stream()
                .flatMap(node -> Stream.of(node.split(",")))
                .forEach(node -> elements.add("node:" + node.strip()));
        if (elements.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(CpuList.parse(String.join(",", elements)));
        } catch (ConfigException e) {
            settings.complain(nodes.isEmpty() ? "cpus" : "nodes", e.getMessage());
            return Optional.empty();
        }
    }
}
