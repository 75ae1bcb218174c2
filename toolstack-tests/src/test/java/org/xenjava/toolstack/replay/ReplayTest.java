// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.replay.Scenario.SupervisorContext;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.trace.Replay;
import org.xenjava.toolstack.trace.ReplayMismatchException;
import org.xenjava.toolstack.trace.TraceHeader;
import org.xenjava.toolstack.trace.TraceReader;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The builder and mem-set issue the same calls as in recordings of a real Xen. */
class ReplayTest {
    @TempDir
    private Path directory = Path.of("");

    private KernelDisk disk;

    private SupervisorContext surroundings;

    @BeforeEach
    void writeKernel() {
        disk = KernelDisk.in(directory);
        surroundings = new SupervisorContext(disk.kernel(), () -> {});
    }

    @AfterEach
    void closeDisk() {
        disk.close();
    }

    static Stream<Scenario> scenarios() {
        return Scenario.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void aTraceOfRealXenIsReplayedCallByCall(Scenario scenario) {
        try (Replay replay = Replay.of(trace(scenario))) {
            try (Toolstack toolstack =
                    Scenario.options().open(SimulatedXen.create().host(replay))) {
                scenario.script().run(toolstack, surroundings);
            }
            replay.assertFinished();
        }
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void everyTraceNamesItsCommand(Scenario scenario) {
        TraceHeader header = TraceReader.read(trace(scenario)).header();
        assertEquals(scenario.description(), header.command());
        assertEquals("4.17", header.release());
    }

    @Test
    void anotherSlackIsNamedAtTheFirstCallThatDiffers() {
        String message = mismatch(Scenario.options().podPolicy(PodPolicy.standard(Pages.of(128))));
        assertTrue(message.contains("\n  recorded: domctl/max_mem("), message);
        assertTrue(message.contains("\n  max_memkb: recorded 264192, now 263680"), message);
    }

    @Test
    void aTraceOfLibxlsRuleIsReplayedAsWell() {
        String message = mismatch(Scenario.options().podPolicy(PodPolicy.libxl()));
        assertTrue(message.contains("\n  max_memkb: recorded 264192, now 263168"), message);
    }

    @Test
    void aChangedByteOfTheKernelIsFound() throws IOException {
        byte[] kernel = Files.readAllBytes(surroundings.kernel());
        kernel[kernel.length - 1]++;
        Files.write(surroundings.kernel(), kernel);
        String message = mismatch(Scenario.options());
        assertTrue(message.contains("0x1000"), message);
    }

    /** The first build's, if it is not done as it was recorded. */
    private String mismatch(ToolstackOptions options) {
        Scenario scenario = Scenario.ALL.get(0);
        try (Replay replay = Replay.of(trace(scenario))) {
            try (Toolstack toolstack = options.open(SimulatedXen.create().host(replay))) {
                assertThrows(RuntimeException.class, () -> scenario.script().run(toolstack, surroundings));
            }
            return assertThrows(ReplayMismatchException.class, replay::assertFinished)
                    .getMessage();
        }
    }

    private static Path trace(Scenario scenario) {
        try {
            URL url = ReplayTest.class.getResource("/traces/" + scenario.name() + ".jsonl.gz");
            return Path.of(url == null ? URI.create("file:/missing-trace") : url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
