// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Ports, memory and interrupts of the host in guests of a simulated host. */
class HardwareAccessTest {
    private static final String ALL = "ioports=['60-64', '2f8']; iomem=['a0,20', 'fe000,2@100']; irqs=['5']";

    private final TestHost host = TestHost.create();
    private final MachineState before = host.state();

    @AfterEach
    void close() {
        host.close();
    }

    private static DomainConfig guest(int memory, String lines) {
        List<OtherDevice> devices = XlConfigReader.parse("name='x'; type='pvh'; kernel='/k'; memory=16\n" + lines, "x")
                .config()
                .otherDevices();
        return TestHost.guest("web", memory, 32).otherDevices(devices).build();
    }

    @Test
    void aGuestMayUseWhatItsConfigurationNamesUntilItEnds() {
        Domain domain = host.toolstack.create(guest(32, ALL));
        assertEquals(
                List.of(
                        "frames a0-bf",
                        "frames a0-bf at a0",
                        "frames fe000-fe001",
                        "frames fe000-fe001 at 100",
                        "interrupt 5",
                        "ports 2f8-2f8",
                        "ports 2f8-2f8 at 2f8",
                        "ports 60-64",
                        "ports 60-64 at 60"),
                host.xen.hardwareRights(domain.domid()));
        assertEquals(5, domain.config().orElseThrow().otherDevices().size());
        domain.destroy();
        assertEquals(List.of(), host.xen.hardwareRights(domain.domid()));
        host.assertUnchangedSince(before, "after the destroy");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            ioports=['20-21']       | ioports 20-21: Xen keeps it, or a part of it, from domain 0
            iomem=['fee00,1']       | iomem fee00,1: Xen keeps it, or a part of it, from domain 0
            iomem=['1000,1@fe000']  | iomem 1000,1@fe000: the host has RAM there, which Xen or other domains use
            iomem=['9e,3']          | iomem 9e,3: the host has RAM there
            irqs=['300']            | irqs 300: the host lacks it, or a part of it is given twice (EINVAL)
            """)
    void whatXenKeepsIsRefusedAndNothingIsLeft(String line, String complaint) {
        String message = assertThrows(ToolstackException.class, () -> host.toolstack.create(guest(32, line)))
                .getMessage();
        assertTrue(message.contains(complaint), message);
        host.assertUnchangedSince(before, line);
    }

    @Test
    void impossibleRangesAreRefusedBeforeTheDomainExists() {
        assertTrue(assertThrows(ConfigException.class, () -> host.toolstack.create(guest(32, "ioports=['fff0-10000']")))
                .getMessage()
                .contains("ioports: fff0-10000: the last port of x86 is ffff"));
        assertTrue(assertThrows(ConfigException.class, () -> host.toolstack.create(guest(16, "iomem=['fe000,1']")))
                .getMessage()
                .contains("cannot have populate-on-demand memory"));
    }

    @Test
    void aFailureOfAnyCallLeavesNothing() {
        for (String call : List.of(
                "XENMEM_machine_memory_map",
                "XEN_DOMCTL_ioport_permission",
                "XEN_DOMCTL_ioport_mapping",
                "XEN_DOMCTL_iomem_permission",
                "XEN_DOMCTL_memory_mapping",
                "PHYSDEVOP_map_pirq",
                "XEN_DOMCTL_irq_permission")) {
            host.faults.inject(Fault.nthOf(call, 1, Errno.EIO));
            assertThrows(ToolstackException.class, () -> host.toolstack.create(guest(32, ALL)), call);
            host.faults.heal();
            host.assertUnchangedSince(before, call);
        }
    }
}
