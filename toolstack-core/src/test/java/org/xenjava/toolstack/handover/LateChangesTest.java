// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Changes and errors that come while a guest that migrates is suspended. */
class LateChangesTest {
    private static final int IMAGE_BYTES = 1 << 20;

    @TempDir
    private Path directory;

    private final TwoHosts hosts = TwoHosts.create();

    @AfterEach
    void close() {
        hosts.close();
    }

    private List<Throwable> migrate(Phase when, TestHost host, String path, String value) {
        MigrationListener listener = progress -> {
            if (progress.phase() == when) {
                host.observer.store().write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
            }
        };
        return hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener);
    }

    /** As {@code xl mem-set} does, which does not ask whether the guest is suspended. */
    @Test
    void aGuestThatAnotherToolstackChangesOnceItHasStoppedRunsOn() {
        Domain domain = hosts.start(20, 20);
        List<Throwable> failures =
                migrate(Phase.WAITING, hosts.source, "/local/domain/" + domain.domid() + "/memory/target", "18432");
        assertInstanceOf(DomainStateException.class, failures.get(0), failures.toString());
        assertTrue(failures.get(0).getMessage().contains("were changed meanwhile"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a change"));
        hosts.target.assertUnchangedSince(hosts.targetBefore, "a change");
    }

    /** The kernel's back end opens a prepared disk on its own, possibly after the receiver has looked at its state. */
    @Test
    void aGuestWhoseDiskIsRefusedLateRunsOnWhereItWas() throws IOException {
        Path image = Files.write(directory.resolve("disk.img"), new byte[IMAGE_BYTES]);
        hosts.start(TestHost.guest("web", 20, 20)
                .disks(List.of(
                        DiskConfig.builder("xvda").target(image.toString()).build())));
        List<Throwable> failures = migrate(
                Phase.HANDED_OVER,
                hosts.target,
                "/local/domain/0/error/backend/vbd/1/51712/error",
                "30 creating vbd structure");
        assertTrue(
                Stream.iterate(failures.get(failures.size() - 1), cause -> cause != null, Throwable::getCause)
                        .anyMatch(cause -> String.valueOf(cause.getMessage()).contains("30 creating vbd structure")),
                failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refused disk"));
    }
}
