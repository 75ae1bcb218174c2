// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.create.boot.PvShim;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** PV guests inside Xen's shim. A PVH kernel stands for the shim. */
class PvShimTest {
    @TempDir
    Path files;

    private final TestHost host = TestHost.create();
    private final Path shim = TestHost.guest("any", 16, 16).build().kernel().orElseThrow();

    @AfterEach
    void close() {
        host.close();
    }

    private DomainConfig.Builder guest(Map<DescribedKey, String> more) throws IOException {
        Map<DescribedKey, String> keys = new EnumMap<>(DescribedKey.class);
        keys.put(DescribedKey.PVSHIM, "1");
        keys.put(DescribedKey.PVSHIM_PATH, shim.toString());
        keys.putAll(more);
        return DomainConfig.builder("web")
                .kernel(Files.write(files.resolve("pv-kernel"), new byte[5000]))
                .ramdisk(Files.write(files.resolve("ramdisk"), new byte[100]))
                .commandLine("root=/dev/xvda")
                .memoryMib(32)
                .maxMemoryMib(32)
                .describedKeys(keys);
    }

    private static ImagePlan plan(DomainConfig.Builder config) {
        return CreatePlan.of(
                        config.build(),
                        PodPolicy.standard(),
                        SimulatedXen.create().host().firmware())
                .image();
    }

    @Test
    void theShimStartsAndFindsTheKernelAndTheRamdiskAsModules() throws IOException {
        ImagePlan plan = plan(guest(Map.of()));
        assertEquals(
                List.of("kernel", "start info", "PV kernel", "ramdisk"),
                plan.items().stream().map(ImagePlan.Item::what).distinct().toList());
        assertEquals(5000, plan.items().get(plan.items().size() - 2).bytes());
    }

    @Test
    void theShimExcludesVirtualNumaNodes() throws IOException {
        DomainConfig.Builder guest =
                guest(Map.of()).virtualNodes(List.of(new VirtualNode(0, KiB.ofMiB(32), CpuSet.of(0), List.of(10))));
        ConfigException e = assertThrows(ConfigException.class, () -> plan(guest));
        assertTrue(e.getMessage().contains("does not see the nodes of vnuma"), e.getMessage());
    }

    @Test
    void theShimsCommandLineIsLibxlsUnlessTheConfigurationHasOne() throws IOException {
        assertEquals("pv-shim console=xen,pv", commandLine(Map.of()));
        assertEquals("pv-shim console=xen,pv debug", commandLine(Map.of(DescribedKey.PVSHIM_EXTRA, "debug")));
        assertEquals("a b", commandLine(Map.of(DescribedKey.PVSHIM_CMDLINE, "a", DescribedKey.PVSHIM_EXTRA, "b")));
    }

    private String commandLine(Map<DescribedKey, String> more) throws IOException {
        return PvShim.of(guest(more).build()).orElseThrow().commandLine();
    }

    @Test
    void aPvGuestInTheShimIsBuiltAndRemoved() throws IOException {
        MachineState before = host.state();
        host.toolstack.create(guest(Map.of()).build()).destroy();
        host.assertUnchangedSince(before, "after the destroy");
    }

    @Test
    void populateOnDemandIsRefusedBecauseTheShimKeepsMemory() throws IOException {
        MachineState before = host.state();
        DomainConfig config = guest(Map.of()).maxMemoryMib(64).build();
        String message = assertThrows(ConfigException.class, () -> host.toolstack.create(config))
                .getMessage();
        assertTrue(message.contains("pvshim: maxmem exceeds memory"), message);
        host.assertUnchangedSince(before, message);
    }

    @Test
    void aMissingShimIsNamed() throws IOException {
        DomainConfig config =
                guest(Map.of(DescribedKey.PVSHIM_PATH, "/nowhere/shim")).build();
        ToolstackException e = assertThrows(ToolstackException.class, () -> FirmwareFiles.below(files)
                .loader(Optional.of(PvShim.of(config).orElseThrow().file()), "4.17"));
        assertTrue(e.getMessage().contains("/nowhere/shim"), e.getMessage());
    }
}
