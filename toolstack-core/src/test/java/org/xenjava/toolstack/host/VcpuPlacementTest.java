// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.processor.VcpuAffinity;
import org.xenjava.toolstack.processor.VcpuStatus;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** Guests whose configuration names CPUs, a share or a pool. */
class VcpuPlacementTest {
    private static final CpuSet ALL = CpuSet.firstCpus(4);

    private final TestHost host = TestHost.of(SimulatedXen.builder().cpus(4));

    @AfterEach
    void close() {
        host.close();
    }

    private Domain create(List<String> hard, List<String> soft, OptionalInt weight, OptionalInt cap, String pool) {
        return host.toolstack.create(TestHost.guest("lab", 64, 64)
                .vcpus(2)
                .maxVcpus(3)
                .placement(new CpuPlacement(
                        hard.stream().map(CpuList::parse).toList(),
                        soft.stream().map(CpuList::parse).toList(),
                        weight,
                        cap,
                        Optional.of(pool).filter(name -> !name.isEmpty())))
                .build());
    }

    private Domain create(List<String> hard, List<String> soft) {
        return create(hard, soft, OptionalInt.empty(), OptionalInt.empty(), "");
    }

    private static List<VcpuAffinity> affinities(Domain domain) {
        return domain.processors().vcpus().stream().map(VcpuStatus::affinity).toList();
    }

    @Test
    void vcpusAreCreatedWithTheirCpus() {
        assertEquals(
                List.of(
                        new VcpuAffinity(CpuSet.of(0, 1), CpuSet.of(1)),
                        new VcpuAffinity(CpuSet.of(3), ALL),
                        new VcpuAffinity(ALL, ALL)),
                affinities(create(List.of("0-1", "3"), List.of("1"))));
    }

    @Test
    void aDomainIsCreatedInItsPoolWithItsShare() {
        host.toolstack.cpuPools().removeCpus(host.toolstack.cpuPools().resolve("0"), CpuSet.of(2, 3));
        host.toolstack.cpuPools().create("fast", Optional.of(Scheduler.CREDIT), CpuSet.of(2, 3));
        Domain domain = create(List.of("node:0"), List.of(), OptionalInt.of(1000), OptionalInt.of(150), "fast");
        assertEquals("fast", domain.processors().pool().name());
        assertEquals(new CpuShare(1000, 150), domain.processors().share());
        domain.destroy();
        assertEquals(0, host.toolstack.cpuPools().resolve("fast").domains());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "7 | '' | has no CPU of the guest's pool, which has 0-3",
                "0 | nothing | there is no pool 'nothing'",
                "0 | empty | pool 'empty' has no CPU",
            })
    void whatTheHostDoesNotHaveIsRefusedBeforeTheDomainExists(String cpus, String pool, String reason) {
        host.toolstack.cpuPools().create("empty", Optional.empty(), CpuSet.NONE);
        MachineState before = host.state();
        String message = assertThrows(
                        ConfigException.class,
                        () -> create(List.of(cpus), List.of(), OptionalInt.empty(), OptionalInt.empty(), pool))
                .getMessage();
        assertTrue(message.contains(reason), message);
        host.assertUnchangedSince(before, "after the refusal");
    }
}
