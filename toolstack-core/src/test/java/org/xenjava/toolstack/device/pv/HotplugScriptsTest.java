// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.HotplugBehaviour;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

class HotplugScriptsTest {
    private static final String BACK = "/local/domain/0/backend/";

    private final TestHost host = TestHost.of(SimulatedXen.builder()
            .hotplugScript("/opt/nothing", HotplugBehaviour.DOES_NOTHING)
            .hotplugScript("/opt/fails", HotplugBehaviour.FAILS)
            .hotplugScript("/opt/hangs", HotplugBehaviour.HANGS));
    private final MachineState before = host.state();

    @AfterEach
    void close() {
        host.close();
    }

    private static NicConfig nic(String script) {
        return NicConfig.builder()
                .mac(new MacAddress("00:16:3e:00:00:01"))
                .bridge("ovs0")
                .script(script)
                .build();
    }

    private static DiskConfig disk(String script) {
        return DiskConfig.builder("xvda")
                .target("iqn.2001-05.com:x")
                .script(script)
                .build();
    }

    private String read(String path) {
        return new String(host.observer.store().read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8);
    }

    @Test
    void aCardIsConnectedAndDisconnectedByItsScript() {
        DomainConfig config = TestHost.guest("ovs", 16, 17)
                .nics(List.of(nic("vif-openvswitch")))
                .build();
        Domain domain = host.toolstack.create(config);
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(30));

        String vif = BACK + "vif/" + domain.domid() + "/0";
        assertEquals("/etc/xen/scripts/vif-openvswitch", read(vif + "/script"));
        assertEquals("ovs0", read(vif + "/bridge"));
        assertEquals("4", read(vif + "/state"));

        domain.destroy();
        String device = " backend/vif/" + domain.domid() + "/0";
        assertEquals(
                List.of(
                        "/etc/xen/scripts/vif-openvswitch online type_if=vif" + device,
                        "/etc/xen/scripts/vif-openvswitch offline type_if=vif" + device),
                host.xen.scriptCalls());
        host.assertUnchangedSince(before, "hotplug scripts");
    }

    @Test
    void aDiskIsTheBlockDeviceThatItsScriptMakes() {
        DomainConfig config = TestHost.guest("iscsi", 16, 17)
                .disks(List.of(disk("block-iscsi")))
                .build();
        Domain domain = host.toolstack.create(config);
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(30));

        String vbd = BACK + "vbd/" + domain.domid() + "/51712";
        assertEquals("iqn.2001-05.com:x", read(vbd + "/params"));
        assertEquals("4", read(vbd + "/state"));

        domain.destroy();
        String device = " backend/vbd/" + domain.domid() + "/51712";
        assertEquals(
                List.of("/etc/xen/scripts/block-iscsi add" + device, "/etc/xen/scripts/block-iscsi remove" + device),
                host.xen.scriptCalls());
        host.assertUnchangedSince(before, "hotplug scripts");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            /opt/nothing | vif | ended with status 0, but has not written hotplug-status
            /opt/nothing | vbd | ended with status 0, but has not written physical-device
            /opt/fails   | vif | online type_if=vif: the simulated script fails
            /opt/fails   | vbd | add: the simulated script fails
            /opt/hangs   | vif | online type_if=vif: the script did not end within 40 s
            """)
    void aScriptThatDoesNotConnectTheDeviceLeavesNothing(String script, String kind, String complaint) {
        DomainConfig.Builder config = TestHost.guest("web", 16, 17);
        config = kind.equals("vif") ? config.nics(List.of(nic(script))) : config.disks(List.of(disk(script)));
        DomainConfig guest = config.build();

        DeviceException e = assertThrows(DeviceException.class, () -> host.toolstack.create(guest));

        assertTrue(e.getMessage().contains(script + " " + complaint), e.getMessage());
        assertEquals(2, host.xen.scriptCalls().size(), "the script is asked to undo what it may have done");
        host.assertUnchangedSince(before, "hotplug scripts");
    }

    @Test
    void aFailedHotplugLeavesNothing() {
        Domain domain = host.toolstack.create(TestHost.guest("web", 16, 17).build());
        MachineState built = host.state();

        assertThrows(DeviceException.class, () -> domain.devices().attach(nic("/opt/fails")));
        assertThrows(DeviceException.class, () -> domain.devices().attach(disk("/opt/hangs")));

        host.assertUnchangedSince(built, "hotplug scripts");
    }

    @Test
    void aScriptThatTheHostLacksIsRefusedBeforeTheDomainExists() {
        DomainConfig guest =
                TestHost.guest("web", 16, 17).nics(List.of(nic("vif-lost"))).build();

        ConfigException e = assertThrows(ConfigException.class, () -> host.toolstack.create(guest));

        assertEquals(
                "domain web: vif: script /etc/xen/scripts/vif-lost is not run:"
                        + " there is no file /etc/xen/scripts/vif-lost",
                e.getMessage());
        host.assertUnchangedSince(before, "hotplug scripts");
    }

    @Test
    void scriptsAreRefusedUnlessTheUserOfTheLibraryAllowsThem() {
        DomainConfig guest =
                TestHost.guest("web", 16, 17).nics(List.of(nic("vif-route"))).build();
        try (Toolstack toolstack = Toolstack.options().open(host.xen.host())) {
            ConfigException e = assertThrows(ConfigException.class, () -> toolstack.create(guest));
            assertTrue(e.getMessage().contains("ToolstackOptions.hotplugScripts allows them"), e.getMessage());
        }
    }
}
