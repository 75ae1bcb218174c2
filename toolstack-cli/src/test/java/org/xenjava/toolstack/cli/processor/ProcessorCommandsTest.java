// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

/** Tests of what the commands refuse, and of what the recordings do not cover. */
class ProcessorCommandsTest {
    private final Prompt prompt =
            Prompt.on(SimulatedXen.builder().cpus(4).dom0Vcpus(2).build());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vcpu-list nobody",
                "vcpu-pin 0 0 ^all",
                "vcpu-pin 0 0 3-1",
                "vcpu-pin 0 0 x",
                "vcpu-pin 0 0 -",
                "vcpu-pin 0 2 all",
                "vcpu-pin -f 0 all all",
                "sched-credit -s -p Pool-0",
                "sched-credit -d 0",
                "sched-credit2 -w 100",
                "sched-credit2 -d 0 -w 0",
                "sched-credit2 -d 0 -w 65536",
                "sched-credit2 -d 0 -c 201",
                "sched-credit2 -d 0 -s",
                "sched-credit2 -s -r 99",
                "sched-credit2 -s -r 500001",
                "sched-credit2 -p nothing",
                "cpupool-create",
                "cpupool-create cpus=[]",
                "cpupool-create name='p' sched='none'",
                "cpupool-create name='p' cpu='3'",
                "cpupool-create name='p' cpus='9'",
                "cpupool-create name='7'",
                "cpupool-rename Pool-0 7",
                "cpupool-cpu-remove Pool-0 0",
                "cpupool-cpu-remove Pool-0 9",
                "cpupool-destroy p",
                "cpupool-migrate 0 p"
            })
    void whatCannotBeIsRefused(String line) {
        Outcome outcome = prompt.run(line.split(" "));
        assertEquals(1, outcome.status(), outcome.toString());
        assertTrue(outcome.err().startsWith("xlj: "), outcome.err());
        assertEquals("Pool-0               4   credit2       y          1", lastLine(prompt.run("cpupool-list")));
        assertTrue(prompt.run("vcpu-list").out().contains("all / all"));
    }

    @Test
    void poolsAreFoundByNumber() {
        prompt.run("cpupool-cpu-remove", "0", "2-3");
        prompt.run("cpupool-create", "name='p'", "nodes='0'", "cpus='3'");
        assertEquals(0, prompt.run("cpupool-create", "name='p'", "cpus='3'").status());
        assertEquals("p                  3", lastLine(prompt.run("cpupool-list", "-c", "1")));
        assertEquals(0, prompt.run("cpupool-rename", "1", "other").status());
        assertEquals(0, prompt.run("cpupool-destroy", "other").status());
    }

    @Test
    void aDryRunCreatesNoPool() {
        prompt.run("cpupool-cpu-remove", "0", "3");
        String plan =
                "Using config file \"command line\"\ncpupool name:   p\nscheduler:      credit2\nnumber of cpus: 1\n";
        assertEquals(new Outcome(0, plan, ""), prompt.run("cpupool-create", "-n", "name='p'", "cpus='3'"));
        assertEquals(new Outcome(0, plan, ""), prompt.run("-N", "cpupool-create", "name='p'", "cpus='3'"));
        assertEquals("Pool-0               3   credit2       y          1", lastLine(prompt.run("cpupool-list")));
    }

    @Test
    void aPoolThatCannotHaveItsCpusIsNotLeftBehind() {
        assertEquals(1, prompt.run("cpupool-create", "name='p'", "cpus='2-3'").status());
        assertEquals("Pool-0               4   credit2       y          1", lastLine(prompt.run("cpupool-list")));
        assertEquals(0, prompt.run("cpupool-create", "name='p'").status());
        assertEquals("p                    0   credit2       y          0", lastLine(prompt.run("cpupool-list")));
    }

    @Test
    void shareAndParametersAreSet() {
        assertEquals(0, prompt.run("sched-credit2", "-d", "0", "-w", "512").status());
        assertEquals(0, prompt.run("sched-credit2", "-d", "0", "-c", "150").status());
        assertEquals(0, prompt.run("sched-credit2", "-s", "-r", "2000").status());
        assertEquals(
                "Cpupool Pool-0: ratelimit=2000us\n"
                        + "Name                                ID Weight  Cap\n"
                        + "Domain-0                             0    512  150\n",
                prompt.run("sched-credit2").out());
    }

    @Test
    void eachNodeGetsAPool() {
        Prompt numa =
                Prompt.on(SimulatedXen.builder().cpus(4).nodes(2).dom0Vcpus(1).build());
        assertEquals(new Outcome(0, "", ""), numa.run("cpupool-numa-split"));
        assertEquals(
                "Name               CPU list\nPool-node0         0,1\nPool-node1         2,3\n",
                numa.run("cpupool-list", "-c").out());
        Outcome again = numa.run("cpupool-numa-split");
        assertEquals(1, again.status());
        assertTrue(again.err().contains("destroy them first"), again.err());
    }

    @Test
    void aHostWithOneNodeKeepsItsPool() {
        assertEquals(0, prompt.run("cpupool-numa-split").status());
        assertEquals("Pool-node0           4   credit2       y          1", lastLine(prompt.run("cpupool-list")));
    }

    @Test
    void vcpusAreListedAsJson() {
        String json = prompt.run("vcpu-list", "--json").out();
        assertTrue(json.contains("\"vcpu\": 1"), json);
        assertTrue(json.contains("\"hard\": \"all\""), json);
    }

    private static String lastLine(Outcome outcome) {
        String[] lines = outcome.out().split("\n");
        return lines[lines.length - 1];
    }
}
