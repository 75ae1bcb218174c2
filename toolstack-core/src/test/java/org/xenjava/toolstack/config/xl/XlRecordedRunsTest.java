// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Files that xl itself has read: see the README beside them. */
class XlRecordedRunsTest {

    @ParameterizedTest
    @CsvSource({
        "a-pvh-pod-256-512,           vmlinux,  256,  512, 1",
        "a2-pvh-pod-256-512-bzimage,  vmlinuz,  256,  512, 1",
        "b-pvh-nopod-256,             vmlinux,  256,  256, 1",
        "c-pvh-pod-1000-1537,         vmlinux, 1000, 1537, 1",
        "h1-pvh-pod-256-512-vcpus4,   vmlinux,  256,  512, 4",
        "h3-pvh-pod-512-4096,         vmlinux,  512, 4096, 1",
    })
    void aPvhGuestOfXlReadsWithoutAWarning(String name, String kernel, long memory, long maxMemory, int vcpus) {
        XlConfigReader.Result result = XlConfigReader.read(file(name));
        assertEquals(
                DomainConfig.builder(name)
                        .kernel(Path.of("/tmp/guest-" + kernel))
                        .ramdisk(Path.of("/tmp/guest-initrd.gz"))
                        .commandLine("console=hvc0 quiet")
                        .memoryMib(memory)
                        .maxMemoryMib(maxMemory)
                        .vcpus(vcpus)
                        .lifecycle(new Lifecycle(
                                LifecycleAction.DESTROY, LifecycleAction.RESTART, LifecycleAction.PRESERVE))
                        .build(),
                result.config());
        assertEquals(List.of(), result.warnings());
    }

    @ParameterizedTest
    @CsvSource({"d1-hvm-pod-256-512-vganone, NONE, 0", "d2-hvm-pod-256-512-stdvga16, STDVGA, 16"})
    void anHvmGuestOfXlReadsWithoutAWarning(String name, Vga vga, long videoRamMib) {
        XlConfigReader.Result result = XlConfigReader.read(file(name));
        assertEquals(
                DomainConfig.builder(name)
                        .type(DomainType.HVM)
                        .memoryMib(256)
                        .maxMemoryMib(512)
                        .lifecycle(new Lifecycle(
                                LifecycleAction.DESTROY, LifecycleAction.RESTART, LifecycleAction.PRESERVE))
                        .hvm(HvmConfig.builder()
                                .graphics(GraphicsConfig.of(vga))
                                .build())
                        .build(),
                result.config());
        assertEquals(KiB.ofMiB(videoRamMib), result.config().videoRam());
        assertEquals(List.of(), result.warnings());
    }

    private static Path file(String name) {
        try {
            return Path.of(
                    Objects.requireNonNull(XlRecordedRunsTest.class.getResource("xl-runs/" + name + ".cfg"), name)
                            .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
