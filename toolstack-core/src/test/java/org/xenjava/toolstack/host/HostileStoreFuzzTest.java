// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Nodes of a guest hold something else than the toolstack has written: it works, or says so with its own exception. */
class HostileStoreFuzzTest {
    private static final List<String> VALUES = List.of(
            "",
            "-1",
            "0",
            "9223372036854775807",
            "-9223372036854775808",
            "99999999999999999999",
            "1099511627777",
            "abc",
            "../../..",
            "/",
            "\0",
            "\u001b[2J\r\n",
            "1 2 3 4 5 6 7 8",
            "x".repeat(4000));

    /** A host for each input is expensive, so this target counts for itself: {@code -Dfuzz.hosts=10000} for more. */
    private static final int HOSTS = Integer.getInteger("fuzz.hosts", 60);

    private final Random random = new Random(153);

    @Test
    void operationsOnAGuestWhoseNodesWereChanged() {
        int accepted = 0;
        for (int i = 0; i < HOSTS; i++) {
            accepted += operateOnAChangedGuest();
        }
        assertTrue(accepted > HOSTS, accepted + " operations done: the changes are too heavy");
    }

    private int operateOnAChangedGuest() {
        try (TestHost host = TestHost.create()) {
            Domain domain = host.toolstack.create(TestHost.guest("web", 64, 128).build());
            List<String> nodes = new ArrayList<>();
            for (String root : List.of("/local/domain/" + domain.domid(), "/libxl", "/vm", "/tool")) {
                collect(host.observer.store(), root, nodes);
            }
            List<String> changes = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                String node = nodes.get(random.nextInt(nodes.size()));
                String value = VALUES.get(random.nextInt(VALUES.size()));
                write(host, node, value);
                changes.add(node + " = " + (value.length() > 40 ? value.length() + " characters" : value));
            }
            int accepted = 0;
            for (Runnable operation : operations(host, domain)) {
                accepted += attempt(operation, changes);
            }
            return accepted;
        }
    }

    private static int attempt(Runnable operation, List<String> changes) {
        try {
            operation.run();
            return 1;
        } catch (ToolstackException e) {
            return 0;
        } catch (RuntimeException e) {
            throw new AssertionError("untyped after " + changes, e);
        }
    }

    private static List<Runnable> operations(TestHost host, Domain domain) {
        return List.of(
                domain::name,
                domain::status,
                () -> domain.memory().status(),
                () -> domain.pod().report(),
                domain::config,
                () -> domain.screen().vnc(),
                () -> domain.devices().disks(),
                () -> domain.devices().nics(),
                () -> domain.memory().set(KiB.ofMiB(48)),
                () -> domain.memory().setMaximum(KiB.ofMiB(160)),
                () -> domain.console().terminal(Duration.ZERO),
                host.toolstack::statuses,
                () -> host.toolstack.find("web"),
                () -> host.toolstack
                        .newGuard(GuardPolicy.standard(), GuardScope.ALL, GuardListener.NONE)
                        .tick(TestHost.NOW),
                host.toolstack.leftovers()::removeAll,
                domain::destroy);
    }

    @Test
    void aNegativeTargetIsReportedWithItsNode() {
        assertRefused("memory/target", "-1");
    }

    @Test
    void aVideoRamOfEightExbibytesIsReportedWithItsNode() {
        assertRefused("memory/videoram", "9223372036854775807");
    }

    private static void assertRefused(String node, String value) {
        try (TestHost host = TestHost.create()) {
            Domain domain = host.toolstack.create(TestHost.guest("web", 64, 128).build());
            String path = "/local/domain/" + domain.domid() + "/" + node;
            write(host, path, value);

            DomainStateException e = assertThrows(
                    DomainStateException.class, () -> domain.memory().status());

            assertTrue(e.getMessage().contains(path + " holds " + value), e.getMessage());
            assertThrows(DomainStateException.class, () -> domain.memory().set(KiB.ofMiB(48)));
            assertEquals("web", domain.pod().report().domain().name());
        }
    }

    private static void write(TestHost host, String path, String value) {
        host.observer.store().write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }

    private static void collect(XenStore store, String path, List<String> nodes) {
        try {
            store.directory(XenStore.NO_TRANSACTION, path).forEach(child -> {
                nodes.add(path + "/" + child);
                collect(store, path + "/" + child, nodes);
            });
        } catch (XenLibException e) {
            // There is no such directory in this host's store.
        }
    }
}
