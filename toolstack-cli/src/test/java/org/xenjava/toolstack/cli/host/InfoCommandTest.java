// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.HostStatus;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.host.HostDetails;
import org.xenjava.toolstack.host.HostTopology;
import org.xenjava.toolstack.host.HypervisorBuild;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** Expected lines are those that xl 4.17 printed on real Xen with two NUMA nodes. */
class InfoCommandTest {
    private static final List<Integer> FEATURES = List.of(0x178bf3fd, 0x80982201, 0x20100800, 7, 0, 0, 0, 0);

    private static final HypervisorBuild XEN = new HypervisorBuild(
            4,
            17,
            ".7",
            "xen-3.0-x86_64 hvm-3.0-x86_64 ",
            4096,
            0xffff800000000000L,
            "",
            "console=com1 ",
            "gcc 12.2.0",
            "pkg-xen-devel",
            "lists.alioth.debian.org",
            "Wed Nov  4 16:52:28 UTC 2026",
            "151b373f");

    private static final HostDetails DETAILS = new HostDetails(
            XEN,
            3,
            2,
            4,
            1,
            FEATURES,
            List.of("pv", "hvm", "hap", "gnttab-v1", "gnttab-v2"),
            Pages.ZERO,
            Pages.ZERO,
            CpuSet.NONE,
            Optional.of(Scheduler.CREDIT2));

    private final Prompt prompt = Prompt.on(SimulatedXen.create());

    @Test
    void theLinesAreXls() {
        HostStatus status = new HostStatus("4.17.7", 4, 2_596_138, Pages.of(1_048_446), Pages.of(643_089), Pages.ZERO);
        List<String> lines = HostLines.of(
                        new KernelName("lab", "6.1.0-56-amd64", "#1 SMP PREEMPT_DYNAMIC", "x86_64"), status, DETAILS)
                .text(List.of("TOPOLOGY"));
        assertEquals(
                """
                host                   : lab
                release                : 6.1.0-56-amd64
                version                : #1 SMP PREEMPT_DYNAMIC
                machine                : x86_64
                nr_cpus                : 4
                max_cpu_id             : 3
                nr_nodes               : 2
                cores_per_socket       : 4
                threads_per_core       : 1
                cpu_mhz                : 2596.138
                hw_caps                : 178bf3fd:80982201:20100800:00000007:00000000:00000000:00000000:00000000
                virt_caps              : pv hvm hap gnttab-v1 gnttab-v2
                total_memory           : 4095
                free_memory            : 2512
                sharing_freed_memory   : 0
                sharing_used_memory    : 0
                outstanding_claims     : 0
                free_cpus              : 0
                TOPOLOGY
                xen_major              : 4
                xen_minor              : 17
                xen_extra              : .7
                xen_version            : 4.17.7
                xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_64\s
                xen_scheduler          : credit2
                xen_pagesize           : 4096
                platform_params        : virt_start=0xffff800000000000
                xen_changeset          :\s
                xen_commandline        : console=com1\s
                cc_compiler            : gcc 12.2.0
                cc_compile_by          : pkg-xen-devel
                cc_compile_domain      : lists.alioth.debian.org
                cc_compile_date        : Wed Nov  4 16:52:28 UTC 2026
                build_id               : 151b373f
                xend_config_format     : 4
                """,
                String.join("\n", lines) + "\n");
    }

    @Test
    void theTopologyIsXls() {
        HostTopology topology = new HostTopology(
                List.of(new HostTopology.Cpu(0, 0, 0, 0), new HostTopology.Cpu(3, 3, 0, 1)),
                List.of(
                        new HostTopology.Node(0, 2048L << 20, 1695L << 20, List.of(10, 21)),
                        new HostTopology.Node(1, 2048L << 20, 816L << 20, List.of(21, 10))),
                List.of());
        assertEquals(
                """
                cpu_topology           :
                cpu:    core    socket     node
                  0:       0        0        0
                  3:       3        0        1
                device topology        :
                device           node
                No device topology data available
                numa_info              :
                node:    memsize    memfree    distances
                   0:      2048       1695      10,21
                   1:      2048        816      21,10
                """,
                String.join("\n", TopologyLines.of(topology)) + "\n");
    }

    @Test
    void aKeyPrintsTheValuesOfAllThatBeginSo() {
        assertEquals(new Outcome(0, "2\n", ""), prompt.run("info", "nr_cpus"));
        assertEquals("4\n17\n", prompt.run("info", "xen_m").out());
        assertEquals("pv hvm hap\n", prompt.run("info", "virt_caps").out().replaceFirst(" gnttab.*", ""));
        assertEquals(2, prompt.run("info", "xen_colour").status());
    }

    @Test
    void theSimulatedHostHasOneNode() {
        String all = prompt.run("info", "-n").out();
        assertTrue(all.contains("  1:       1        0        0\n"), all);
        assertTrue(all.contains("   0:      6143 "), all);
        assertTrue(all.contains("xen_commandline        : dom0_mem=1536M,max:1536M\n"), all);
        JsonObject json =
                JsonParser.parseString(prompt.run("info", "-n", "--json").out()).getAsJsonObject();
        assertEquals("credit2", json.get("scheduler").getAsString());
        assertEquals(1, json.getAsJsonObject("topology").getAsJsonArray("nodes").size());
    }

    @Test
    void aListHasColumnsForPoolsNodesAndLabels() {
        String header = "Name                                        ID   Mem VCPUs\tState\tTime(s)";
        String dom0 = "Domain-0                                     0  1536     2     r-----       0.0";
        assertEquals(
                header + "         Cpupool\n" + dom0 + "          Pool-0\n",
                prompt.run("list", "-c").out());
        assertEquals(
                header + " NODE Affinity\n" + dom0 + " all\n",
                prompt.run("list", "-n").out());
        assertEquals(
                header + "   Security Label\n" + dom0 + "                -\n",
                prompt.run("list", "-Z").out());
        Prompt flask = Prompt.on(SimulatedXen.builder()
                .commandLine("dom0_mem=1536M flask=permissive")
                .build());
        assertEquals(
                header + "   Security Label         Cpupool NODE Affinity\n" + dom0
                        + " system_u:system_r:dom0_t          Pool-0 all\n",
                flask.run("list", "-Z", "-c", "-n", "0").out());
        assertTrue(flask.run("list", "-v").out().contains("        - system_u:system_r:dom0_t\n"));
    }

    @Test
    void sharedMemoryIsListed() {
        assertEquals(
                "Name                                        ID   Mem Shared\n"
                        + "Domain-0                                     0  1536      0\n",
                prompt.run("sharing").out());
        assertEquals(1, prompt.run("sharing", "nobody").status());
    }
}
