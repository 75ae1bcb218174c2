// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Saves guests of xl, of which only libxl's file has the configuration. */
class ForeignSaveTest {
    private final SimulatedXen xen = SimulatedXen.create();
    private final Toolstack toolstack;
    private final Path directory;

    ForeignSaveTest(@TempDir Path directory) {
        this.directory = directory;
        toolstack = TestHost.options().libxlDirectory(directory).open(xen.host());
    }

    @AfterEach
    void close() {
        toolstack.close();
    }

    /** A running guest without the record of this library. */
    private Domain start(DomainType type) {
        DomainConfig.Builder guest =
                type == DomainType.HVM ? TestHost.hvmGuest("web", 20, 20) : TestHost.guest("web", 20, 20);
        Domain domain = toolstack.create(guest.build());
        xen.connect().store().rm(XenStore.NO_TRANSACTION, new DomainPaths(domain.domid()).storedConfig());
        domain.unpause();
        xen.advance(Duration.ofMinutes(1));
        assertEquals(Optional.empty(), domain.config());
        return domain;
    }

    private Path file(Domain domain) {
        return directory.resolve("userdata-d." + domain.domid() + "." + domain.uuid() + ".libxl-json");
    }

    @ParameterizedTest
    @EnumSource(
            value = DomainType.class,
            names = {"PVH", "HVM"})
    void aGuestOfXlIsSavedAndRestoredAsOneOfThisLibrary(DomainType type) {
        Domain domain = start(type);
        domain.rename("site");
        Path save = directory.resolve("web.save");
        PassingTime.during(xen, () -> domain.saving().save(save, Afterwards.DESTROY));
        assertFalse(domain.exists());
        assertFalse(Files.exists(file(domain)));
        Domain restored = toolstack.restore(save, CreateListener.NONE, new Cancellation());
        DomainConfig config = restored.config().orElseThrow();
        assertEquals("site", config.name());
        assertEquals(type, config.type());
        assertEquals(20, config.memory().toMiB());
        assertEquals(domain.uuid(), restored.uuid());
    }

    @Test
    void aGuestOfXlWithoutAFileIsRefused() throws IOException {
        Domain domain = start(DomainType.PVH);
        Files.delete(file(domain));
        Path save = directory.resolve("web.save");
        var e = assertThrows(DomainStateException.class, () -> domain.saving().save(save, Afterwards.DESTROY));
        assertTrue(e.getMessage().contains("neither this library nor libxl has a configuration"), e.getMessage());
    }

    @Test
    void aGuestOfXlWhoseFileCannotBeReadIsRefused() throws IOException {
        Domain domain = start(DomainType.PVH);
        String json = Files.readString(file(domain));
        Files.writeString(file(domain), json.replace("\"type\": \"pvh\"", "\"type\": \"lunar\""));
        Path save = directory.resolve("web.save");
        var e = assertThrows(DomainStateException.class, () -> domain.saving().save(save, Afterwards.DESTROY));
        assertTrue(e.getMessage().contains("another toolstack has built the domain"), e.getMessage());
        assertTrue(domain.exists());
    }
}
