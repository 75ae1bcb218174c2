// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A guest that writes its own xenstore nodes between any two requests of the toolstack causes no conflict. */
class HostileGuestTest {
    private final TestHost host = TestHost.of(
            SimulatedXen.builder().guests(identity -> SimulatedGuest.linux().hammeringXenstore()));
    private final MachineState before = host.state();

    @TempDir
    Path files;

    @AfterEach
    void close() {
        host.close();
    }

    private DiskConfig disk(String name) throws IOException {
        Path image = Files.write(files.resolve(name), new byte[512]);
        return DiskConfig.builder(name).target(image.toString()).build();
    }

    private static void assertNoConflict(String operation, Runnable work) throws ReflectiveOperationException {
        try (LogCapture log = LogCapture.ofAll(StoreClient.class)) {
            work.run();
            assertEquals(
                    List.of(),
                    log.lines().stream()
                            .filter(line -> line.contains("conflicts"))
                            .toList(),
                    operation);
        }
    }

    @Test
    void noOperationOnItConflicts() throws IOException, ReflectiveOperationException {
        Domain domain = host.toolstack.create(
                TestHost.guest("hostile", 64, 64).disks(List.of(disk("xvda"))).build());
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(30));
        DiskConfig second = disk("xvdb");
        assertNoConflict("mem-set", () -> domain.memory().set(KiB.ofMiB(60)));
        assertNoConflict("pod-check", domain.pod()::report);
        assertNoConflict("attach", () -> domain.devices().attach(second));
        assertNoConflict("detach", () -> domain.devices().detach(new VirtualDisk("xvdb"), DetachMode.FORCE));
        assertNoConflict("destroy", domain::destroy);
        assertFalse(domain.exists());
        host.assertUnchangedSince(before, "a destroy");
    }

    /** The guest does write between two requests: a transaction that reads its nodes conflicts. */
    @Test
    void aTransactionThatReadsItsNodesConflicts() throws IOException {
        Domain domain = host.toolstack.create(TestHost.guest("hostile", 64, 64).build());
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(30));
        StoreClient store = new StoreClient(host.observer.store());
        String data = new DomainPaths(domain.domid()).of("data");
        assertThrows(
                XenStoreException.class,
                () -> store.inTransaction(transaction -> {
                    transaction.read(data);
                    transaction.write("/test", "value");
                    return data;
                }));
        domain.destroy();
    }
}
