// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.xenctrl.units.KiB;

class TinyKernelTest {
    @Test
    void theFileContainsTheKernel() throws IOException {
        assertArrayEquals(org.xenjava.toolstack.sim.guest.HaltingKernel.elf(), Files.readAllBytes(TinyKernel.file()));
    }

    @Test
    @SimulatedHost
    void aGuestOfTwoMebibytesBootsIt(Toolstack toolstack) {
        Domain domain = toolstack.create(DomainConfig.builder("tiny")
                .kernel(TinyKernel.file())
                .memoryMib(2)
                .maxMemoryMib(2)
                .build());
        assertEquals(KiB.ofMiB(2), domain.memory().status().staticMax());
    }
}
