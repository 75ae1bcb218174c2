// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

/** Sequences of commands that xl was recorded with: the same on the simulated Xen, with the same output. */
class RecordedCommandsTest {
    private final SimulatedXen xen = SimulatedXen.builder().cpus(4).dom0Vcpus(1).build();
    private final Prompt prompt = Prompt.on(xen);

    /** Compares output and exit status. Times differ: nothing computes in the simulation. */
    private void same(String... names) {
        for (String name : names) {
            Recording recording = Recording.of(name);
            Outcome outcome = prompt.run(recording.command());
            assertEquals(withoutTimes(recording.out()), withoutTimes(outcome.out()), name + ": " + outcome.err());
            assertEquals(recording.status(), outcome.status(), name + ": " + outcome.err());
        }
    }

    private static String withoutTimes(String out) {
        return out.replaceAll(" {4,}[0-9]+\\.[0-9] ", " TIME ");
    }

    /** Commands that fail here, while xl reports success, or fails with another status. */
    private void fails(String... names) {
        for (String name : names) {
            Outcome outcome = prompt.run(Recording.of(name).command());
            assertEquals(1, outcome.status(), name);
            assertEquals("", outcome.out(), name);
        }
    }

    @Test
    void poolsAreCreatedFilledAndDestroyed() {
        same("b1/cpupool-list", "b1/cpupool-list-c", "b1/sched-credit2", "b1/sched-credit2-s", "b1/sched-credit");
        same("b1/cpu-rm", "b1/cpupool-list2", "b1/cp-create", "b1/cp-create-dup");
        fails("b1/cp-create-busy");
        same("b1/cpupool-list3", "b1/cpupool-list3c", "b1/sched-credit-set-s", "b1/sched-credit-s2");
        fails("b1/cpu-add-busy");
        same("b1/cpu-rm2", "b1/cpu-add");
        fails("b1/cpu-add-range");
        same("b1/cp-rename", "b1/cp-mig-dom0", "b1/cp-destroy", "b1/cp-destroy-0", "b1/cpupool-list4");
        same("b1/cpu-add-back", "b1/cpupool-list");
    }

    @Test
    void schedulersThatXenWasBuiltWithoutAreRefused() {
        same("b1/cpu-rm-rtds");
        fails("b1/cp-create-rtds", "b1/cp-create-null", "b1/cp-create-arinc653");
        same("b1/cp-list-rtds");
        same("b1/cp-create-credit2", "b1/cp-list-credit2", "b1/cp-destroy-credit2", "b1/cpu-back-rtds");
        same("b1/cpupool-list");
    }

    /** The recorded host has two NUMA nodes with two CPUs each. */
    @Test
    void eachNodeGetsAPool() {
        Prompt numa =
                Prompt.on(SimulatedXen.builder().cpus(4).nodes(2).dom0Vcpus(1).build());
        for (String name : List.of("numa-split", "cpupool-list5", "cp-destroy-n1", "cpu-add-back2", "rename-back")) {
            Recording recording = Recording.of("b1/" + name);
            assertEquals(
                    new Outcome(recording.status(), recording.out().strip(), ""),
                    stripped(numa.run(recording.command())),
                    name);
        }
        assertEquals(
                Recording.of("b1/cpupool-list-c").out(),
                numa.run("cpupool-list", "-c").out());
    }

    private static Outcome stripped(Outcome outcome) {
        return new Outcome(outcome.status(), outcome.out().strip(), outcome.err());
    }

    @Test
    void vcpusArePinned() {
        same("b1/vcpu-list", "b1/pin0", "b1/vcpu-list-p", "b1/pinall", "b1/pin-bad", "b1/pin-badv");
        same("b1/pin-force", "b1/vcpu-list-f", "b1/pin-soft", "b1/pin-node", "b1/pin-not", "b1/vcpu-list-n");
        same("b1/pin-all", "b1/vcpu-list");
    }

    @Test
    void aDomainMovesBetweenPools(@TempDir Path files) {
        createTheFourthDomain(files);
        same("b8/pin-before", "b8/sched2-set", "b8/cpurm", "b8/cpc");
        Outcome move = prompt.run(Recording.of("b8/mig").command());
        assertEquals(
                "xlj: domain 4: vCPUs [0] were pinned to CPUs that the pool does not have; they may run on all of its CPUs\n",
                move.err());
        same("b8/mig-vl");
        // xl's guest has the scheduler's defaults here.
        assertEquals(row("n4", 100, 30), lastLine(prompt.run("sched-credit", "-d", "n4")));
        same("b8/sched1-set", "b8/sched1", "b8/sched1-capbig", "b8/cpd-busy");
        fails("b8/cpurm-last");
        same("b8/migback", "b8/migback-vl");
        assertEquals(row("n4", 1000, 50), lastLine(prompt.run("sched-credit2", "-d", "n4")));
        same("b8/cpd", "b8/cpadd", "b1/cpupool-list-c");
    }

    @Test
    void aPinThatFitsTheNewPoolMovesAlong(@TempDir Path files) {
        createTheFourthDomain(files);
        prompt.run("vcpu-pin", "n4", "0", "1-3", "2-3");
        same("b8/cpurm", "b8/cpc");
        assertEquals(new Outcome(0, "", ""), prompt.run("cpupool-migrate", "n4", "p2"));
        assertEquals(
                "n4                                   4     0    3   ---       0.0  1-3 / 2-3",
                lastLine(prompt.run("vcpu-list", "n4")));
    }

    private void createTheFourthDomain(Path files) {
        GuestFiles guests = new GuestFiles(files);
        for (int i = 0; i < 3; i++) {
            prompt.run("create", "-p", guests.config("other", "memory = 64"));
            prompt.run("destroy", "other");
        }
        prompt.run("create", "-p", guests.config("n4", "memory = 64"));
    }

    private static String row(String name, int weight, int cap) {
        return String.format("%-33s    4 %6d %4d", name, weight, cap);
    }

    private static String lastLine(Outcome outcome) {
        String[] lines = outcome.out().split("\n");
        return lines[lines.length - 1];
    }
}
