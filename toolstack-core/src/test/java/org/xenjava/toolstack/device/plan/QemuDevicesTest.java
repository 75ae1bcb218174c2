// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Channels, shares, screens and keyboards. */
class QemuDevicesTest {
    private static final String PVH = "name='web'\ntype='pvh'\nkernel='/k'\nmemory=64\n";
    private static final String HVM = "name='web'\ntype='hvm'\nmemory=64\n";

    private static DevicePlan plan(String file) {
        DomainConfig config = XlConfigReader.parse(file, "test.cfg").config();
        MemoryPlan memory = config.hvm()
                .map(machine -> MemoryPlan.hvm(config, machine, PodPolicy.standard()))
                .orElseGet(() -> MemoryPlan.pvh(config, PodPolicy.standard(), Pages.of(1)));
        return DevicePlan.of(
                config,
                memory,
                HostInventory.assumed(SimulatedXen.create().host().firmware()));
    }

    private static List<String> arguments(DevicePlan plan) {
        return plan.qemu().orElseThrow().arguments(7, QemuFiles.STANDARD);
    }

    private static void assertHas(DevicePlan plan, String... words) {
        List<String> arguments = arguments(plan);
        assertTrue(Collections.indexOfSubList(arguments, List.of(words)) >= 0, arguments.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {PVH, HVM})
    void aChannelIsAConsoleThatQemuConnectsWithATerminalOrASocket(String guest) {
        DevicePlan plan = plan(guest + "channel=['name=a,connection=pty', 'name=b,connection=socket,path=/run/b']\n");
        DeviceNodes terminal = plan.others().get(0).nodes(7);
        assertEquals("/local/domain/7/device/console/1", terminal.device().frontPath());
        assertEquals("/local/domain/0/backend/console/7/1", terminal.device().backPath());
        assertEquals("/libxl/7/device/console/1", terminal.device().libxlPath());
        assertEquals(
                Map.of("name", "a", "limit", "1048576", "type", "ioemu", "output", "chardev:libxl-channel1", "tty", ""),
                terminal.readOnlyFront());
        assertEquals("pty", terminal.back().get("connection"));
        DeviceNodes socket = plan.others().get(1).nodes(7);
        assertEquals(2, socket.device().devid());
        assertEquals("/run/b", socket.back().get("path"));
        assertHas(plan, "-chardev", "pty,id=libxl-channel1");
        assertHas(plan, "-chardev", "socket,id=libxl-channel2,path=/run/b,server=on,wait=off");
    }

    @Test
    void aShareHasItsTagInTheGuestAndItsPathInDom0() {
        DevicePlan plan = plan(PVH + "p9=['tag=t,path=/srv', 'tag=u,path=/home,security_model=mapped-xattr']\n");
        DeviceNodes nodes = plan.others().get(0).nodes(7);
        assertEquals("/local/domain/0/backend/9pfs/7/0", nodes.device().backPath());
        assertEquals("t", nodes.front().get("tag"));
        assertEquals("/srv", nodes.back().get("path"));
        assertEquals("none", nodes.back().get("security_model"));
        assertEquals(1, plan.others().get(1).devid());
        assertEquals("mapped-xattr", plan.others().get(1).back().get("security_model"));
        assertHas(plan, "-xen-attach", "-vnc", "none", "-display", "none");
    }

    @Test
    void aScreenOfAPvhGuestHasAKeyboardAndIsShownByVnc() {
        DevicePlan plan = plan(PVH + "vfb=['vnclisten=unix:/run/v,keymap=de']\nvkb=['backend-type=qemu']\n");
        assertEquals(
                List.of("vfb 0", "vkbd 0", "vkbd 1"),
                plan.others().stream()
                        .map(device -> device.kind() + " " + device.devid())
                        .toList());
        assertHas(plan, "-xen-attach", "-vnc", "unix:/run/v", "-display", "none", "-k", "de");
        assertHas(plan(PVH + "vfb=['vnclisten=127.0.0.1:5,vncunused=0']\n"), "-vnc", "127.0.0.1:5");
        assertHas(plan(PVH + "vfb=['vncdisplay=3']\n"), "-vnc", "127.0.0.1:3,to=99");
        assertHas(plan(PVH + "vfb=['vnc=0']\n"), "-vnc", "none");
    }

    @Test
    void aKeyboardHasLibxlsNodes() {
        DevicePlan plan = plan(PVH + "vkb=['backend-type=qemu,unique-id=k,feature-abs-pointer=1,width=800,height=0',"
                + " 'backend-type=qemu,multi-touch-width=5']\n");
        assertEquals(
                Map.of("unique-id", "k", "feature-abs-pointer", "1", "width", "800"),
                plan.others().get(0).back());
        assertEquals(
                Map.of(
                        "feature-multi-touch",
                        "1",
                        "multi-touch-width",
                        "5",
                        "multi-touch-height",
                        "0",
                        "multi-touch-num-contacts",
                        "0"),
                plan.others().get(1).back());
        assertEquals(
                "/local/domain/0/backend/vkbd/7/1",
                plan.others().get(1).device(7).backPath());
    }

    @Test
    void anHvmGuestHasAKeyboardIfItAsksForOne() {
        String hvm = "name='web'; type='hvm'; memory=64\n";
        assertEquals(List.of(), plan(hvm).others());
        assertEquals(List.of(), plan(hvm + "vkb_device=0\n").others());
        assertEquals(1, plan(hvm + "vkb_device=1\n").others().size());
        List<QemuDevicePlan> own = plan(hvm + "vkb_device=1\nvkb=['backend-type=qemu,unique-id=k']\n")
                .others();
        assertEquals(
                List.of(Map.of("unique-id", "k")),
                own.stream().map(QemuDevicePlan::back).toList());
        assertTrue(assertThrows(ConfigException.class, () -> plan(hvm + "vkb_device=1; dm_restrict=1\n"))
                .getMessage()
                .contains("QEMU serves a paravirtual keyboard through xenstore"));
    }

    @Test
    void thePasswordOfAScreenIsNeitherInXenstoreNorInAnArgument() {
        DevicePlan plan = plan(PVH + "vfb=['vncpasswd=secret']\n");
        assertFalse(plan.others().toString().contains("secret"));
        assertFalse(arguments(plan).toString().contains("secret"));
        assertHas(plan, "-vnc", "127.0.0.1:0,password=on,to=99");
        assertEquals(
                Optional.of("secret"),
                GuestScreen.of(plan.qemu().orElseThrow().config())
                        .orElseThrow()
                        .vnc()
                        .orElseThrow()
                        .password());
    }

    @Test
    void aQemuThatServesAShareKeepsXenstoreAndTheRightsOfFileOwnersButMakesNoDeviceNodes() {
        QemuConfinement confinement =
                plan(PVH + "p9=['tag=t,path=/srv']\n").qemu().orElseThrow().confinement();
        assertEquals(
                Set.of(
                        ConfinementMeasure.NAMESPACES,
                        ConfinementMeasure.NO_NETWORK,
                        ConfinementMeasure.NO_NEW_PRIVILEGES,
                        ConfinementMeasure.LIMITS),
                confinement.measures());
        assertEquals(
                "QEMU serves a paravirtual share through xenstore",
                confinement.missing().get(ConfinementMeasure.XEN_RESTRICTION));
        assertTrue(confinement.boundingSet().containsAll(List.of("-all", "+chown", "+fowner", "+fsetid")));
        assertFalse(confinement.boundingSet().contains("+mknod"));
        QemuConfinement shown =
                plan(PVH + "vfb=['vnc=1']\n").qemu().orElseThrow().confinement();
        assertFalse(shown.has(ConfinementMeasure.NO_NETWORK));
        assertFalse(shown.boundingSet().contains("+chown"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            channel=['connection=pty']                       | channel: it needs name
            channel=['name=a,connection=socket,path=b']      | channel a: the path of its socket is absolute, not 'b'
            channel=['name=a,connection=pty,backend=store']  | channel: backend store is not supported: such devices are served by QEMU in domain 0
            p9=['tag=t']                                     | p9: it needs path
            p9=['path=/srv']                                 | p9: it needs tag
            p9=['tag=t,path=/srv,security_model=x']          | p9 t: security_model is one of none, passthrough, mapped, mapped-xattr, mapped-file, not 'x'
            p9=['tag=t,path=srv']                            | p9 t: srv is not the absolute path of a directory
            vfb=['vnc=1', 'vnc=1']                           | vfb: QEMU shows one screen of a guest
            vkb=['backend-type=qemu,feature-multi-touch=1']  | vkb: feature-multi-touch needs multi-touch-width, multi-touch-height, multi-touch-num-contacts
            vkb=['backend-type=linux']                       | vkb: backend-type=linux needs a program in domain 0 that no package has
            dm_restrict=1; p9=['tag=t,path=/srv']            | QEMU cannot be confined, which dm_restrict or the host's policy requires: only its own domain: QEMU serves a paravirtual share through xenstore
            """)
    void aDeviceThatQemuCannotServeIsRefused(String line, String complaint) {
        String message = assertThrows(ConfigException.class, () -> plan(PVH + line + "\n"))
                .getMessage();
        int words = complaint.lastIndexOf(": only its own domain");
        if (words < 0) {
            assertEquals("domain web: " + complaint, message);
        } else {
            assertTrue(message.startsWith("domain web: " + complaint.substring(0, words)), message);
            assertTrue(message.endsWith("QEMU serves a paravirtual share through xenstore"), message);
        }
    }

    @Test
    void anHvmGuestHasNoParavirtualScreenAndAPublicOneNeedsAPassword() {
        assertEquals(
                "domain web: vfb: an HVM guest shows its screen with the keys vnc, sdl and spice",
                assertThrows(ConfigException.class, () -> plan(HVM + "vfb=['vnc=1']\n"))
                        .getMessage());
        String message = assertThrows(ConfigException.class, () -> plan(PVH + "vfb=['vnclisten=0.0.0.0']\n"))
                .getMessage();
        assertTrue(message.contains("0.0.0.0"), message);
    }
}
