// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.error.CoreDumpException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;

/** A full disk fails what needs the disk, with one typed error, and nothing else. */
class FullDiskTest {
    private static final int CRASH = 3;
    private static final long ROOM = 256L << 20;

    @TempDir
    private Path directory = Path.of("/");

    private final TestHost host = TestHost.create();
    private Optional<SmallDisk> small = Optional.empty();

    @BeforeEach
    void mount() throws Exception {
        small = Optional.of(SmallDisk.below(directory));
    }

    @AfterEach
    void unmount() throws Exception {
        if (small.isPresent()) {
            small.get().close();
        }
        host.close();
    }

    private Path disk() {
        return small.orElseThrow().directory();
    }

    private List<Path> files() throws Exception {
        try (Stream<Path> files = Files.list(disk())) {
            return files.toList();
        }
    }

    @Test
    void aDumpIsOneTypedErrorAndLeavesNoFileAndTheGuest() throws Exception {
        Domain guest = host.toolstack.create(TestHost.guest("web", 32, 32).build());
        guest.unpause();
        host.xen.advance(Duration.ofSeconds(10));
        host.xen.guest(guest.domid()).orElseThrow().load();
        Path older = Files.writeString(disk().resolve("core"), "an older dump");
        CoreDumpException e =
                assertThrows(CoreDumpException.class, () -> guest.memory().dump(older));
        assertTrue(e.getMessage().endsWith("No space left on device"), e.getMessage());
        assertEquals(List.of(older), files());
        assertEquals("an older dump", Files.readString(older));
        assertTrue(guest.exists());
        assertTrue(!guest.status().states().contains(DomainStatus.State.PAUSED));
    }

    @Test
    void aGuestIsRestartedAlthoughItsDumpDoesNotFit() throws Exception {
        Lifecycle dumping = new Lifecycle(
                LifecycleAction.DESTROY,
                LifecycleAction.DESTROY,
                LifecycleAction.COREDUMP_RESTART,
                LifecycleAction.DESTROY,
                LifecycleAction.DESTROY);
        Domain guest = host.toolstack.create(
                TestHost.guest("web", 32, 32).lifecycle(dumping).build());
        guest.unpause();
        host.xen.advance(Duration.ofSeconds(30));
        host.xen.guest(guest.domid()).orElseThrow().load();
        host.xen.guest(guest.domid()).orElseThrow().shutDown(CRASH);
        SupervisionPolicy policy = SupervisionPolicy.standard().withDumps(disk());
        Supervisor supervisor = host.toolstack.newSupervisor(policy, event -> {});
        for (int tick = 0; tick < 5; tick++) {
            supervisor.tick(host.xen.clock().instant());
            host.xen.advance(Duration.ofSeconds(1));
        }
        Domain next = host.toolstack.find(guest.uuid()).orElseThrow();
        assertTrue(next.domid() != guest.domid());
        assertEquals(List.of(), files());
    }

    @Test
    void aKernelThatCannotBeUnpackedIsOneTypedError() throws Exception {
        Path kernel = Files.write(directory.resolve("vmlinuz"), TestKernels.compressed());
        Files.write(disk().resolve("full"), new byte[8192]);
        try (ImageFiles images = new ImageFiles(disk(), 0)) {
            KernelImageException e = assertThrows(KernelImageException.class, () -> images.kernel(kernel, ROOM));
            assertTrue(e.getMessage().endsWith("No space left on device"), e.getMessage());
        }
        assertEquals(List.of(disk().resolve("full")), files());
    }
}
