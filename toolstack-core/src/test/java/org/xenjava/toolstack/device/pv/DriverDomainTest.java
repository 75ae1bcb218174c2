// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.save.PassingTime;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Disks and cards that another domain of a simulated host serves. */
class DriverDomainTest extends DeviceHost {
    private Domain driver;
    private MachineState withDriver = before;

    @BeforeEach
    void startADriverDomain() {
        driver = startDriver();
        withDriver = host.state();
    }

    private Domain startDriver() {
        runs = SimulatedGuest.linux().servingDevices();
        Domain started = running(TestHost.guest("net", 32, 32).options(Set.of(GuestOption.DRIVER_DOMAIN)));
        runs = SimulatedGuest.linux();
        return started;
    }

    private static NicConfig card(String server) {
        return NicConfig.builder().mac(MAC).bridge("far").backendDomain(server).build();
    }

    private static NicConfig secondCard() {
        return NicConfig.builder()
                .mac(new MacAddress("00:16:3e:01:02:04"))
                .bridge("far")
                .backendDomain("net")
                .build();
    }

    private static DiskConfig remoteDisk() {
        return XlConfigReader.disk("format=raw,vdev=xvdb,access=w,backend=net,target=vg/far");
    }

    private DomainConfig.Builder served() {
        return guest().nics(List.of(card("net"))).disks(List.of(disk("xvda"), remoteDisk()));
    }

    private String backendOf(int domid) {
        return "/local/domain/" + driver.domid() + "/backend/vif/" + domid + "/0";
    }

    @Test
    void aDriverDomainServesCardAndDiskWithoutAnInterfaceOrAFileHere() {
        Domain domain = running(served());
        assertEquals(Map.of(), host.xen.hostLinks());
        Map<String, String> back = nodesBelow(backendOf(domain.domid()));
        assertEquals("far", back.get("bridge"));
        assertEquals("/etc/xen/scripts/vif-bridge", back.get("script"));
        assertEquals("4", back.get("state"));
        String front = "/local/domain/" + domain.domid() + "/device/vif/0";
        assertEquals(Integer.toString(driver.domid()), nodesBelow(front).get("backend-id"));
        assertEquals(
                "(n" + domain.domid() + ",r" + driver.domid() + ")",
                permissionsOf(front + "/state"),
                "the front end's");
        assertEquals(
                "(n" + driver.domid() + ",r" + domain.domid() + ")",
                permissionsOf(backendOf(domain.domid()) + "/mac"),
                "the back end's");
        assertEquals(
                "vg/far",
                nodesBelow("/local/domain/" + driver.domid() + "/backend/vbd/" + domain.domid() + "/51728")
                        .get("params"));
        assertEquals(XenbusState.CONNECTED, domain.devices().nics().get(0).frontState());
        assertEquals(driver.domid(), domain.devices().nics().get(0).backendDomid());
        assertEquals(
                List.of(0, driver.domid()),
                domain.devices().disks().stream()
                        .map(AttachedDisk::backendDomid)
                        .toList());
        domain.destroy();
        host.assertUnchangedSince(withDriver, "after the destroy");
    }

    @Test
    void devicesAreAttachedToARunningGuestAndDetached() {
        Domain domain = running(guest());
        MachineState alone = host.state();
        assertEquals(driver.domid(), domain.devices().attach(card("net")).backendDomid());
        assertEquals(driver.domid(), domain.devices().attach(remoteDisk()).backendDomid());
        host.xen.advance(Duration.ofSeconds(5));
        assertEquals(1, domain.config().orElseThrow().nics().size());
        assertTrue(assertThrows(
                        DeviceException.class,
                        () -> running(TestHost.guest("two", 16, 32).disks(List.of(remoteDisk()))))
                .getMessage()
                .contains("only disks that no guest writes can be shared"));
        domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
        domain.devices().detach(new VirtualDisk("xvdb"), DetachMode.IF_GUEST_AGREES);
        host.assertUnchangedSince(alone, "after the detach");
    }

    @Test
    void aDetachNamesADriverDomainThatDoesNotAnswer() {
        Domain domain = running(guest());
        domain.devices().attach(card("net"));
        host.xen.advance(Duration.ofSeconds(5));
        driver.pause();
        String message = assertThrows(
                        DeviceException.class, () -> domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES))
                .getMessage();
        assertTrue(message.contains("look whether domain " + driver.domid() + ", which serves it, runs"), message);
        driver.unpause();
        domain.devices().detachNic(0, DetachMode.FORCE);
        domain.destroy();
        host.assertUnchangedSince(withDriver, "after the destroy");
    }

    @Test
    void aRestartFindsADriverDomainThatWasBuiltAnew() {
        Domain domain = running(guest().nics(List.of(card("net"))));
        DomainConfig stored = domain.config().orElseThrow();
        driver.destroy();
        driver = startDriver();
        domain.destroy();
        Domain again = host.toolstack.create(stored);
        again.unpause();
        host.xen.advance(Duration.ofSeconds(5));
        assertEquals(driver.domid(), again.devices().nics().get(0).backendDomid());
        assertEquals("4", nodesBelow(backendOf(again.domid())).get("state"));
    }

    @Test
    void aDomainThatServesNothingIsWaitedForOnceAndNothingIsLeft() {
        create(TestHost.guest("idle", 32, 32));
        MachineState unchanged = host.state();
        String message = assertThrows(DeviceException.class, () -> create(guest().nics(List.of(card("idle")))))
                .getMessage();
        assertTrue(message.contains("the back end in domain 2 has not answered within"), message);
        host.assertUnchangedSince(unchanged, "after the failure");
    }

    @Test
    void aRestoredGuestHasTheDevicesOfItsDriverDomain() {
        Domain domain = running(served());
        Path file = files.resolve("web.save");
        PassingTime.during(host.xen, () -> domain.saving().save(file, Afterwards.DESTROY));
        host.assertUnchangedSince(withDriver, "after the save");
        Domain restored = host.toolstack.restore(file, CreateListener.NONE, new Cancellation());
        assertEquals("1", nodesBelow(backendOf(restored.domid())).get("online"));
        assertEquals(
                List.of(0, driver.domid()),
                restored.devices().disks().stream()
                        .map(AttachedDisk::backendDomid)
                        .toList());
        restored.destroy();
        host.assertUnchangedSince(withDriver, "after the destroy");
    }

    /** A domain that is paused answers nothing. */
    @Test
    void aDriverDomainThatHangsIsWaitedForOnceForAllDevices() {
        Domain domain = running(served().nics(List.of(card("net"), secondCard())));
        driver.pause();
        List<String> waits = new CopyOnWriteArrayList<>();
        host.faults.inject(call -> {
            if (call.method().equals("watch")) {
                waits.add(call.path().orElse(""));
            }
            return new Verdict.Passes();
        });
        domain.destroy();
        host.faults.heal();
        assertEquals(
                1,
                waits.stream()
                        .filter(path -> path.startsWith("/local/domain/" + driver.domid() + "/"))
                        .count(),
                waits.toString());
        driver.unpause();
        host.assertUnchangedSince(withDriver, "after the destroy");
    }

    @Test
    void aDriverDomainThatWritesItsNodesAllTheTimePreventsNoDestroy() {
        driver.destroy();
        runs = SimulatedGuest.linux().servingDevices().hammeringXenstore();
        driver = running(TestHost.guest("net", 32, 32).options(Set.of(GuestOption.DRIVER_DOMAIN)));
        runs = SimulatedGuest.linux();
        Domain domain = running(served());
        domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
        domain.destroy();
        driver.destroy();
        host.assertUnchangedSince(before, "after the end of both");
    }

    @Test
    void theErrorOfAnEarlierDeviceDoesNotHoldUpTheNextOne() {
        Domain domain = running(guest().nics(List.of(card("net"))));
        String error = "/local/domain/" + driver.domid() + "/error/backend/vif/" + domain.domid() + "/0/error";
        write(error, "19 no such device");
        domain.devices().detachNic(0, DetachMode.FORCE);
        assertEquals(
                Optional.empty(), Optional.ofNullable(host.state().xenstore().get(error)));
        write(error, "19 written after the removal");
        domain.devices().attach(card("net"));
        assertEquals(Optional.empty(), domain.devices().nics().get(0).problem());
        domain.destroy();
        driver.destroy();
        host.assertUnchangedSince(before, "after the end of both");
    }

    /** The nodes go between dom0's look at them and its request. */
    @Test
    void aBackEndThatGoesWhileItIsAskedToCloseIsNotMadeAgain() {
        Domain domain = running(guest().nics(List.of(card("net"))));
        host.observer.store().rm(XenStore.NO_TRANSACTION, backendOf(domain.domid()) + "/frontend");
        domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
        domain.destroy();
        host.assertUnchangedSince(withDriver, "after the destroy");
    }

    @Test
    void aDeviceWhoseDriverDomainIsGoneSaysSoAndIsDetached() {
        Domain domain = running(guest());
        domain.devices().attach(card("net"));
        domain.devices().attach(remoteDisk());
        host.xen.advance(Duration.ofSeconds(5));
        driver.destroy();
        String problem = "domain " + driver.domid() + " does not serve the device any more";
        assertEquals(Optional.of(problem), domain.devices().nics().get(0).problem());
        assertEquals(Optional.of(problem), domain.devices().disks().get(0).problem());
        domain.devices().detachNic(0, DetachMode.FORCE);
        domain.devices().detach(new VirtualDisk("xvdb"), DetachMode.FORCE);
        domain.destroy();
        host.assertUnchangedSince(before, "after the end of both");
    }

    @Test
    void anErrorOfTheScriptInTheDriverDomainIsShownWithoutItsControlCharacters() {
        Domain domain = running(guest().nics(List.of(card("net"))));
        write(backendOf(domain.domid()) + "/hotplug-error", "no bridge far\033[2J");
        assertEquals(
                Optional.of("no bridge far\\u001b[2J"),
                domain.devices().nics().get(0).problem());
        domain.destroy();
        host.assertUnchangedSince(withDriver, "after the destroy");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "01, 1", "net, 1", "Domain-0, 0", "0, 0", "00, 0"})
    void aServerIsFoundByItsNumberOrName(String server, int domid) {
        Domain domain = create(guest().nics(List.of(
                NicConfig.builder().mac(MAC).bridge("br1").backendDomain(server).build())));
        assertEquals(domid, domain.devices().nics().get(0).backendDomid());
    }

    /** As for xl, digits are a number: the domain that has them as its name, as only xl gives it, is another one. */
    @Test
    void digitsSelectADomainByNumber() {
        Domain other = create(TestHost.guest("other", 32, 32));
        write("/local/domain/" + other.domid() + "/name", "1");
        Domain domain = create(guest().nics(List.of(card("1"))));
        assertEquals(driver.domid(), domain.devices().nics().get(0).backendDomid());
        write("/local/domain/" + other.domid() + "/name", "7");
        String message = assertThrows(
                        ConfigException.class,
                        () -> create(TestHost.guest("two", 16, 32).nics(List.of(card("7")))))
                .getMessage();
        assertEquals("domain two: vif: backend=7: this host has no domain '7'", message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            format=raw,vdev=xvdb,backend=gone,target=/x            | disk xvdb: backend=gone: this host has no domain 'gone'
            format=qcow2,vdev=xvdb,backend=net,target=/x           | disk xvdb: domain net can serve a raw disk only
            format=raw,vdev=xvdb,backendtype=qdisk,backend=net,target=/x | disk xvdb: domain net can serve a raw disk only
            """)
    void aDiskThatADriverDomainCannotServeIsRefused(String disk, String complaint) {
        String message = assertThrows(
                        ConfigException.class, () -> create(guest().disks(List.of(XlConfigReader.disk(disk)))))
                .getMessage();
        assertEquals("domain web: " + complaint, message);
        host.assertUnchangedSince(withDriver, "after the refusal");
    }

    @Test
    void aCardOfADriverDomainIsNotEmulated() {
        NicConfig emulated = NicConfig.builder()
                .mac(MAC)
                .type(NicConfig.Type.IOEMU)
                .backendDomain("net")
                .build();
        assertTrue(assertThrows(
                        ConfigException.class,
                        () -> create(TestHost.hvmGuest("web", 32, 32).nics(List.of(emulated))))
                .getMessage()
                .contains("QEMU in domain 0 cannot emulate a card that domain net serves"));
    }

    /** What is stored for xl names xl's default, which is emulated. */
    @Test
    void anHvmGuestWithACardOfADriverDomainIsBuiltFromItsStoredConfiguration() {
        Domain domain = create(TestHost.hvmGuest("web", 32, 32).nics(List.of(card("net"))));
        DomainConfig stored = domain.config().orElseThrow();
        domain.destroy();
        create(stored.toBuilder()).destroy();
        host.assertUnchangedSince(withDriver, "after both");
    }

    @Test
    void aFailureOfAnyRequestLeavesNothing() {
        DomainConfig config = served().build();
        long start = host.faults.calls();
        Domain whole = host.toolstack.create(config);
        long calls = host.faults.calls() - start;
        whole.destroy();
        int failed = 0;
        for (long call = 1; call <= calls; call += 5) {
            host.faults.inject(Fault.callFails(call, Errno.EIO));
            try {
                Domain created = host.toolstack.create(config);
                host.faults.heal();
                created.destroy();
            } catch (ToolstackException e) {
                host.faults.heal();
                failed++;
            }
            host.assertUnchangedSince(withDriver, host.faults.injected().toString());
        }
        assertTrue(failed > 20, failed + " of " + calls + " calls");
    }

    @Test
    void aDestroyThatFailsAtAnyRequestIsFinishedByTheNext() {
        DomainConfig config = served().build();
        Domain whole = host.toolstack.create(config);
        long start = host.faults.calls();
        whole.destroy();
        long calls = host.faults.calls() - start;
        int failed = 0;
        for (long call = 1; call <= calls; call++) {
            Domain domain = host.toolstack.create(config);
            host.faults.inject(Fault.callFails(call, Errno.EIO));
            try {
                domain.destroy();
                host.faults.heal();
            } catch (ToolstackException e) {
                host.faults.heal();
                host.toolstack.leftovers().removeAll();
                failed++;
            }
            host.assertUnchangedSince(withDriver, host.faults.injected().toString());
        }
        assertTrue(failed > 10, failed + " of " + calls + " calls");
    }
}
