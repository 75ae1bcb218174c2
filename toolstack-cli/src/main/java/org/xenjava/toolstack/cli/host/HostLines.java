// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.xenjava.toolstack.HostStatus;
import org.xenjava.toolstack.host.HostDetails;
import org.xenjava.toolstack.host.HypervisorBuild;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/**
 * The lines of {@code xl info}, key for key, because scripts parse them.
 *
 * @param values the values by key, in xl's order
 */
record HostLines(Map<String, String> values) {
    /** The key behind which the lines about the topology stand. */
    private static final String BEFORE_TOPOLOGY = "free_cpus";

    /** The format of xend's configurations: xl prints it always. */
    private static final String XEND_FORMAT = "4";

    static HostLines of(KernelName kernel, HostStatus host, HostDetails details) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("host", kernel.host());
        values.put("release", kernel.release());
        values.put("version", kernel.version());
        values.put("machine", kernel.machine());
        putHardware(values, host, details);
        putMemory(values, host, details);
        values.put(BEFORE_TOPOLOGY, Integer.toString(details.freeCpus().size()));
        putHypervisor(values, details);
        values.put("xend_config_format", XEND_FORMAT);
        return new HostLines(values);
    }

    private static void putHardware(Map<String, String> values, HostStatus host, HostDetails details) {
        values.put("nr_cpus", Integer.toString(host.cpus()));
        values.put("max_cpu_id", Integer.toString(details.maxCpuId()));
        values.put("nr_nodes", Integer.toString(details.nodes()));
        values.put("cores_per_socket", Integer.toString(details.coresPerSocket()));
        values.put("threads_per_core", Integer.toString(details.threadsPerCore()));
        values.put("cpu_mhz", String.format(Locale.ROOT, "%d.%03d", host.cpuKhz() / 1000, host.cpuKhz() % 1000));
        values.put(
                "hw_caps",
                details.cpuFeatures().stream()
                        .map(word -> String.format(Locale.ROOT, "%08x", word))
                        .collect(Collectors.joining(":")));
        values.put("virt_caps", String.join(" ", details.virtualization()));
    }

    private static void putMemory(Map<String, String> values, HostStatus host, HostDetails details) {
        values.put("total_memory", mib(host.totalMemory()));
        // As in xl, claimed memory is not free.
        values.put("free_memory", mib(host.freeMemory().minus(host.claimedMemory())));
        values.put("sharing_freed_memory", mib(details.freedBySharing()));
        values.put("sharing_used_memory", mib(details.shared()));
        values.put("outstanding_claims", mib(host.claimedMemory()));
    }

    private static void putHypervisor(Map<String, String> values, HostDetails details) {
        HypervisorBuild xen = details.hypervisor();
        values.put("xen_major", Integer.toString(xen.major()));
        values.put("xen_minor", Integer.toString(xen.minor()));
        values.put("xen_extra", xen.extra());
        values.put("xen_version", xen.version());
        values.put("xen_caps", xen.capabilities());
        values.put("xen_scheduler", details.scheduler().map(Scheduler::word).orElse("unknown"));
        values.put("xen_pagesize", Integer.toString(xen.pageSize()));
        values.put("platform_params", "virt_start=0x" + Long.toHexString(xen.virtualStart()));
        values.put("xen_changeset", xen.changeSet());
        values.put("xen_commandline", xen.commandLine());
        values.put("cc_compiler", xen.compiler());
        values.put("cc_compile_by", xen.compiledBy());
        values.put("cc_compile_domain", xen.compiledIn());
        values.put("cc_compile_date", xen.compileDate());
        values.put("build_id", xen.buildId());
    }

    private static String mib(Pages pages) {
        return Long.toString(pages.toKiB().toMiB());
    }

    /** All lines, with those about the topology at xl's place. */
    List<String> text(List<String> topology) {
        List<String> text = new ArrayList<>();
        values.forEach((key, value) -> {
            text.add(String.format(Locale.ROOT, "%-22s : %s", key, value));
            if (key.equals(BEFORE_TOPOLOGY)) {
                text.addAll(topology);
            }
        });
        return text;
    }
}
