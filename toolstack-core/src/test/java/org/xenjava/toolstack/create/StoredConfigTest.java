// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A domain's configuration is read back from xenstore, in any process, with what was changed since the build. */
class StoredConfigTest {
    private final TestHost host = TestHost.create();
    private final StoreClient store = new StoreClient(host.observer.store());

    @AfterEach
    void close() {
        host.close();
    }

    private DomainConfig stored(Domain domain) {
        try (Toolstack other = host.newProcess().open()) {
            return other.find(domain.domid()).orElseThrow().config().orElseThrow();
        }
    }

    private static DomainConfig.Builder guest() {
        return TestHost.guest("web", 64, 128);
    }

    @Test
    void aStoredConfigurationHasTheUuidThatTheBuildChose() {
        DomainConfig config = guest().lifecycle(new DomainConfig.Lifecycle(
                        LifecycleAction.PRESERVE,
                        LifecycleAction.RESTART,
                        LifecycleAction.COREDUMP_DESTROY,
                        LifecycleAction.RENAME_RESTART,
                        LifecycleAction.DESTROY))
                .build();
        Domain domain = host.toolstack.create(config);
        assertEquals(config.toBuilder().uuid(domain.uuid()).build(), stored(domain));
    }

    @Test
    void aTextThatFitsIntoNoRequestIsCutBetweenCharacters() {
        DomainConfig config = guest().uuid(new UUID(1, 2))
                .commandLine("x" + "ä€𝄞".repeat(1000))
                .build();
        Domain domain = host.toolstack.create(config);
        assertEquals(config, stored(domain));
        assertTrue(store.list("/libxl/" + domain.domid() + "/xenjava/config").size() > 2);
    }

    @Test
    void aRelativeKernelIsTheSameFileForAProcessElsewhere() {
        Path absolute = guest().build().kernel().orElseThrow();
        Path relative = Path.of("").toAbsolutePath().relativize(absolute);
        assertFalse(relative.isAbsolute());
        Domain domain = host.toolstack.create(guest().kernel(relative).build());
        Path kernel = stored(domain).kernel().orElseThrow();
        assertTrue(kernel.isAbsolute());
        assertEquals(absolute, kernel.normalize());
    }

    @Test
    void mebibytesOfMemSetAndMemMaxAreKept() {
        Domain domain = host.toolstack.create(guest().build());
        domain.memory().set(KiB.ofMiB(80));
        domain.memory().setMaximum(KiB.ofMiB(256));
        assertEquals(KiB.ofMiB(80), stored(domain).memory());
        assertEquals(KiB.ofMiB(256), stored(domain).maxMemory());
        domain.memory().set(KiB.of(80 * 1024 + 4));
        assertEquals(KiB.ofMiB(80), stored(domain).memory());
    }

    @Test
    void aTargetThatAGuardHasLoweredIsStoredWithItsIntendedValue() {
        Domain domain = host.toolstack.create(guest().build());
        String root = "/local/domain/" + domain.domid();
        String guard = "/libxl/" + domain.domid() + "/xenjava/guard";
        store.direct().write(guard + "/intent-kib", "81920");
        store.direct().write(guard + "/nudged", "61440 1");
        store.direct().write(root + "/memory/target", "61440");
        assertEquals(KiB.of(81920), stored(domain).memory());
        store.direct().write(root + "/memory/target", "71680");
        assertEquals(KiB.of(71680), stored(domain).memory());
    }

    @Test
    void aRenamedDomainKeepsItsNewName() {
        Domain domain = host.toolstack.create(guest().build());
        store.direct().write("/local/domain/" + domain.domid() + "/name", "shop");
        assertEquals("shop", stored(domain).name());
    }

    @Test
    void aDomainOfAnotherToolstackHasNone() {
        int domid = host.xenctrl
                .domains()
                .create(new CreateDomain(
                        new UUID(3, 4), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        assertEquals(Optional.empty(), host.toolstack.find(domid).orElseThrow().config());
        assertEquals(List.of(), store.list("/libxl/" + domid));
    }

    @Test
    void theStoredConfigurationOfAMissingDomainIsATypedError() {
        Domain domain = host.toolstack.create(guest().build());
        domain.destroy();
        assertThrows(DomainGoneException.class, domain::config);
    }
}
