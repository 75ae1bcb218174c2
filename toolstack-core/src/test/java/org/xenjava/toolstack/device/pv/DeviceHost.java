// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** A host with a block device and a bridge, an image file, and guests on it that have devices. */
abstract class DeviceHost {
    static final MacAddress MAC = new MacAddress("00:16:3e:01:02:03");
    static final String BACK = "/local/domain/0/backend/";

    @TempDir
    Path files;

    SimulatedGuest runs = SimulatedGuest.linux();
    final TestHost host = TestHost.of(
            SimulatedXen.builder().blockDevice("/dev/vg/web").bridge("br1").guests(identity -> runs));
    final MachineState before = host.state();
    Path image = Path.of("/");

    @BeforeEach
    void makeAnImage() throws IOException {
        image = Files.write(files.resolve("web.img"), new byte[512]);
    }

    @AfterEach
    void close() {
        host.close();
    }

    final DiskConfig disk(String vdev) {
        return DiskConfig.builder(vdev).target(image.toString()).build();
    }

    static NicConfig nic() {
        return NicConfig.builder().mac(MAC).build();
    }

    final Domain create(DomainConfig.Builder config) {
        return host.toolstack.create(config.build());
    }

    final Domain running(DomainConfig.Builder config) {
        Domain domain = create(config);
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(5));
        return domain;
    }

    final DomainConfig.Builder guest() {
        return TestHost.guest("web", 16, 32);
    }

    /** Below a directory, each node with its value and permissions. */
    final Map<String, String> nodesBelow(String directory) {
        return host.state().xenstore().entrySet().stream()
                .filter(node -> node.getKey().startsWith(directory + "/"))
                .collect(Collectors.toMap(
                        node -> node.getKey().substring(directory.length() + 1),
                        node -> node.getValue().replaceAll("   .*", "").replace("\"", "")));
    }

    final String permissionsOf(String node) {
        return host.state().xenstore().get(node).replaceAll(".*   ", "");
    }

    final void assertNothingLeft() {
        host.assertUnchangedSince(before, "after the destroy");
        assertEquals(Map.of(), host.xen.hostLinks());
    }

    final void write(String path, String value) {
        host.observer.store().write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.US_ASCII));
    }
}
