// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.driverdomain.DriverDomainEvent.Kind;
import org.xenjava.toolstack.driverdomain.ServedDevice.Status;
import org.xenjava.toolstack.host.TestHost;

/** The work of the device server of a driver domain for each device. */
class DeviceServerTest extends ServedHost {
    @Test
    void aCardAndADiskAreConnected() {
        Look server = server();
        Domain domain = served();
        assertEquals(List.of("2", "2"), List.of(stateOf(card(domain)), stateOf(disk(domain))), "before a server");
        server.look();
        assertEquals(List.of("4", "4"), List.of(stateOf(card(domain)), stateOf(disk(domain))));
        assertEquals(Map.of(0, image.toString()), system.loops());
        assertEquals(
                Optional.of("far"),
                system.links().get("vif" + domain.domid() + ".0").bridge());
        assertTrue(system.links().get("vif" + domain.domid() + ".0").up());
        assertEquals(Map.of(), host.xen.hostLinks(), "in dom0");
        assertEquals(List.of(Kind.CONNECTED, Kind.CONNECTED), kinds());
        assertEquals(
                Set.of(Status.CONNECTED),
                Set.copyOf(server.server.devices().stream()
                        .map(ServedDevice::status)
                        .toList()));
        server.look();
        assertEquals(2, events.size(), "a second look has nothing to do");
    }

    @Test
    void detachedDevicesAreDisconnectedAndTheirNodesRemoved() {
        Look server = server();
        Domain domain = served();
        server.look();
        askToClose(card(domain));
        askToClose(disk(domain));
        server.look();
        assertEquals(List.of(Kind.REMOVED, Kind.REMOVED), kinds().subList(2, 4));
        assertNothingIsServed();
        domain.destroy();
        host.assertUnchangedSince(before, "after the destroy");
    }

    @Test
    void aBackEndThatClosesForAWhileIsNotTouched() {
        Look server = server();
        Domain domain = served();
        server.look();
        write("/local/domain/" + domain.domid() + "/device/vif/0/state", "6");
        assertEquals("6", stateOf(card(domain)), "the guest has closed its card");
        server.look();
        assertEquals(List.of(Kind.CONNECTED, Kind.CONNECTED), kinds());
        assertEquals(Optional.of("connected"), read(card(domain).backPath() + "/hotplug-status"));
    }

    @Test
    void vifnameAndMtuAreSet() {
        Look server = server();
        Domain domain =
                running(TestHost.guest("web", 16, 32).nics(List.of(card("bridge=far,vifname=uplink,mtu=9000"))));
        server.look();
        assertEquals(9000, system.links().get("uplink").mtu());
        assertEquals("4", stateOf(card(domain)));
    }

    @Test
    void aBlockDeviceIsServedWithoutALoopDeviceByItsNameBelowDev() {
        Look server = server();
        Domain domain = running(TestHost.guest("web", 16, 32)
                .disks(List.of(XlConfigReader.disk("format=raw,vdev=xvdb,access=w,backend=net,target=vg/far"))));
        server.look();
        assertEquals("4", stateOf(disk(domain)));
        assertEquals(Map.of(), system.loops());
        assertEquals(Optional.of("/dev/vg/far"), read(disk(domain).backPath() + "/physical-device-path"));
    }

    @Test
    void aSuccessorAdoptsDevicesAndRunsNothingForThem() {
        Look server = server();
        Domain domain = running(TestHost.guest("web", 16, 32).nics(List.of(card("bridge=far,script=vif-route"))));
        server.look();
        List<String> calls = system.scriptCalls();
        assertEquals(
                List.of("/etc/xen/scripts/vif-route online type_if=vif backend/vif/" + domain.domid() + "/0"), calls);
        Look second = successor(server);
        second.look();
        second.look();
        assertEquals(calls, system.scriptCalls());
        assertEquals(List.of(Kind.CONNECTED, Kind.ADOPTED), kinds());
    }

    @Test
    void devicesThatWereRemovedWithoutAServerAreReleasedByTheNext() {
        Look server = server();
        Domain domain = running(guest("web").nics(List.of(card("bridge=far,script=vif-route"))));
        server.look();
        assertEquals(1, system.loops().size());
        server.close();
        domain.destroy();
        host.assertUnchangedSince(before, "after the destroy, in xenstore");
        assertEquals(1, system.loops().size(), "nobody has detached it");
        server().look();
        assertNothingIsServed();
        assertTrue(system.scriptCalls().get(1).startsWith("/etc/xen/scripts/vif-route offline type_if=vif"));
        assertEquals(List.of(Kind.RELEASED, Kind.RELEASED), kinds().subList(2, 4));
    }

    @Test
    void aDeviceThatAnotherProgramHasConnectedIsReleasedWhenItIsDetached() {
        Look server = server();
        Domain domain = served();
        server.look();
        server.close();
        // The records of the driver domain are gone, as after "xl devd".
        deleteRecords();
        askToClose(disk(domain));
        Look second = server();
        second.look();
        assertEquals(Map.of(), system.loops());
        assertEquals("", stateOf(disk(domain)));
        assertEquals("4", stateOf(card(domain)));
    }

    private void deleteRecords() {
        try (var names = Files.list(files.resolve("records"))) {
            for (Path name : names.toList()) {
                Files.delete(name);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aNewDeviceWithTheNumberOfARemovedOneGetsItsOwnFile() throws Exception {
        Look server = server();
        Domain domain = served();
        server.look();
        server.close();
        domain.destroy();
        Path other = Files.write(files.resolve("other.img"), new byte[512]);
        // A record of a device with the number that the next guest's disk has.
        Domain next = running(TestHost.guest("web", 16, 32)
                .disks(List.of(XlConfigReader.disk("format=raw,vdev=xvdb,access=w,backend=net,target=" + other))));
        Path records = files.resolve("records");
        Files.move(
                records.resolve("vbd-" + domain.domid() + "-" + XVDB),
                records.resolve("vbd-" + next.domid() + "-" + XVDB));
        server().look();
        assertEquals(List.of(other.toString()), List.copyOf(system.loops().values()));
        assertEquals("4", stateOf(disk(next)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            bridge=near                 | attaching network card 0 of domain %d: this domain has no bridge near
            bridge=far,script=gone      | attaching network card 0 of domain %d: there is no file /etc/xen/scripts/gone
            bridge=far,script=fails     | attaching network card 0 of domain %d: /etc/xen/scripts/fails online type_if=vif: the simulated script fails
            bridge=far,script=hangs     | attaching network card 0 of domain %d: /etc/xen/scripts/hangs online type_if=vif: the script did not end within 40 s
            bridge=far,script=idle      | attaching network card 0 of domain %d: /etc/xen/scripts/idle ended with status 0, but has not written hotplug-status, without which the back end does not connect
            """)
    void aCardThatCannotBeConnectedSaysWhyAndHoldsUpNothing(String words, String problem) {
        Look server = server();
        Domain domain = running(guest("web").nics(List.of(card(words))));
        server.look();
        assertEquals(problem.formatted(domain.domid()), problemOf(card(domain)));
        assertEquals(Optional.of("error"), read(card(domain).backPath() + "/hotplug-status"));
        assertEquals(
                Optional.of(problem.formatted(domain.domid())),
                domain.devices().nics().get(0).problem());
        assertEquals("4", stateOf(disk(domain)));
        List<String> calls = system.scriptCalls();
        server.look();
        assertEquals(calls, system.scriptCalls(), "it is not tried again");
        Look second = successor(server);
        second.look();
        assertEquals(calls, system.scriptCalls(), "not by a successor either");
        askToClose(card(domain));
        askToClose(disk(domain));
        second.look();
        assertNothingIsServed();
    }

    @Test
    void anInterfaceNameThatIsTooLongIsRefused() {
        Look server = server();
        Domain domain = served();
        write(card(domain).backPath() + "/vifname", "a-name-of-16-cha");
        server.look();
        assertEquals(
                "attaching network card 0 of domain " + domain.domid()
                        + ": vifname=a-name-of-16-cha is longer than 15 characters",
                problemOf(card(domain)));
    }

    @Test
    void scriptsAreNotRunUnlessTheyAreAllowed() {
        Look server = new Look(system.connect(), HotplugPolicy.REFUSE);
        Domain domain = running(guest("web").nics(List.of(card("bridge=far,script=vif-route"))));
        server.look();
        assertEquals(
                "attaching network card 0 of domain " + domain.domid()
                        + ": hotplug scripts are not run: /etc/xen/scripts/vif-route",
                problemOf(card(domain)));
        assertEquals("4", stateOf(disk(domain)), "needs no script");
        assertEquals(List.of(), system.scriptCalls());
    }

    @Test
    void aDiskWithoutAFileSaysSo() throws Exception {
        Look server = server();
        Files.delete(image);
        Domain domain = served();
        server.look();
        assertEquals(
                "attaching disk " + XVDB + " of domain " + domain.domid() + ": there is no file or block device "
                        + image,
                problemOf(disk(domain)));
        assertEquals("4", stateOf(card(domain)));
    }

    /** Under two names, which dom0 cannot tell from two files. */
    @Test
    void twoGuestsDoNotWriteOneFile() throws Exception {
        Look server = server();
        Domain first = served();
        server.look();
        Path link = Files.createSymbolicLink(files.resolve("alias.img"), image);
        Domain second = running(TestHost.guest("two", 16, 32)
                .disks(List.of(XlConfigReader.disk("format=raw,vdev=xvdb,access=r,backend=net,target=" + link))));
        server.look();
        assertEquals(
                "attaching disk " + XVDB + " of domain " + second.domid() + ": disk " + XVDB + " of domain "
                        + first.domid() + " has " + link + " too, and one of them would write it",
                problemOf(disk(second)));
        assertEquals(1, system.loops().size());
        askToClose(disk(first));
        askToClose(disk(second));
        server.look();
        assertEquals(Map.of(), system.loops());
    }

    /** The first disk was connected by another program, whose records this server does not have. */
    @Test
    void noGuestWritesTheFileOfAnAdoptedDisk() throws Exception {
        Look server = server();
        served();
        server.look();
        server.close();
        deleteRecords();
        Look successor = server();
        successor.look();
        Path link = Files.createSymbolicLink(files.resolve("alias.img"), image);
        Domain second = running(TestHost.guest("two", 16, 32)
                .disks(List.of(XlConfigReader.disk("format=raw,vdev=xvdb,access=w,backend=net,target=" + link))));
        successor.look();
        assertTrue(problemOf(disk(second)).endsWith("too, and one of them would write it"), problemOf(disk(second)));
        assertEquals(1, system.loops().size());
    }

    @Test
    void aDiskThatNeedsQemuIsRefusedAndClosedOnRequest() {
        Look server = server();
        PvDevice disk = PvDevice.ofBackend("qdisk", 9, XVDB, driver.domid());
        writeBackEnd(disk, "1");
        server.look();
        assertEquals(
                "this driver domain has no QEMU for the device: use a raw image or a block device", problemOf(disk));
        assertEquals("1", stateOf(disk));
        server.look();
        write(disk.backPath() + "/online", "0");
        write(disk.backPath() + "/state", "5");
        server.look();
        assertEquals(List.of(Kind.FAILED, Kind.REMOVED), kinds());
        assertNothingIsServed();
    }

    @Test
    void whatIsNoDeviceIsLeftAlone() {
        Look server = server();
        String root = PvDevice.backendRoot(driver.domid());
        for (String path : List.of(
                "/vif/1/x", "/vif/99999999/0", "/vif/1/9999999999", "/UPPER/1/0", "/vif/-1/0", "/vbd/1/0/frontendx")) {
            write(root + path, "a");
        }
        PvDevice odd = PvDevice.ofBackend("vkbd", 77, 1, driver.domid());
        write(odd.backPath() + "/frontend", "x".repeat(2000));
        write(odd.backPath() + "/state", "two");
        write(odd.backPath() + "/online", "2".repeat(500));
        Map<String, String> nodes = host.state().xenstore();
        server.look();
        assertEquals(nodes, host.state().xenstore());
        assertEquals(List.of(), events);
    }

    /** The guest owns the nodes of its front end, and none of them reaches the server. */
    @Test
    void aHostileFrontEndHasNoEffectOnOthers() {
        Look server = server();
        Domain domain = served();
        server.look();
        String front = "/local/domain/" + domain.domid() + "/device/vif/0";
        for (String value : List.of("6", "1", "3", "4", "99", "", "four", "x".repeat(3000), "5", "6")) {
            try {
                write(front + "/state", value);
            } catch (RuntimeException e) {
                // The simulated kernel reads numbers only.
            }
            write(front + "/backend", "/local/domain/0/backend/vif/0/0");
            server.look();
        }
        host.observer.store().rm(0, front);
        server.look();
        assertEquals(List.of(Kind.CONNECTED, Kind.CONNECTED), kinds());
        assertEquals("4", stateOf(disk(domain)));
        domain.destroy();
        server.look();
        assertNothingIsServed();
        host.assertUnchangedSince(before, "after the destroy");
    }
}
