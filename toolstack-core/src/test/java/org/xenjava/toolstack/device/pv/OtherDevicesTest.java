// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;
import org.xenjava.toolstack.device.plan.Keyboards;
import org.xenjava.toolstack.device.view.AttachedChannel;
import org.xenjava.toolstack.device.view.AttachedKeyboard;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.StepPhase;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Devices beside disks and cards, on a simulated host whose QEMU serves them. */
class OtherDevicesTest extends DeviceHost {
    private static final OtherDevice TERMINAL =
            new OtherDevice(Kind.CHANNEL, Map.of("name", "agent", "connection", "pty"));
    private static final OtherDevice SCREEN = new OtherDevice(Kind.FRAME_BUFFER, Map.of());

    private OtherDevice share() {
        return new OtherDevice(Kind.SHARE, Map.of("tag", "t", "path", files.toString()));
    }

    private DomainConfig.Builder withAll() {
        return guest().otherDevices(List.of(TERMINAL, share(), SCREEN));
    }

    private Map<String, String> states(String end) {
        Map<String, String> states = new TreeMap<>();
        for (String kind : List.of("console/1", "9pfs/0", "vfb/0", "vkbd/0")) {
            String path = end.equals("front") ? "/local/domain/1/device/" + kind : BACK + kind.replace("/", "/1/");
            states.put(kind, nodesBelow(path).get("state"));
        }
        return states;
    }

    @Test
    void aGuestWithAShareIsNotSaved() {
        Domain domain = create(guest().otherDevices(List.of(share())));
        DomainStateException e = assertThrows(DomainStateException.class, () -> domain.saving()
                .save(files.resolve("web.save"), DomainSaving.Afterwards.DESTROY));
        assertTrue(e.getMessage().contains("a 9pfs share"), e.getMessage());
        assertFalse(Files.exists(files.resolve("web.save")));
    }

    @Test
    void aGuestWithADiskOfQemuIsNotMigratedInTheProtocolOfXl() {
        Domain domain = create(guest().disks(List.of(DiskConfig.builder("xvda")
                .target(image.toString())
                .backend(DiskConfig.Backend.QDISK)
                .build())));
        MigrationTarget target = new MigrationTarget() {
            @Override
            public String name() {
                return "there";
            }

            @Override
            public MigrationLink connect() {
                throw new AssertionError("nothing is sent");
            }

            @Override
            public Presence presence(UUID uuid, String name) {
                throw new AssertionError("nothing was sent");
            }
        };
        DomainStateException e = assertThrows(
                DomainStateException.class,
                () -> domain.migration().using(MigrationProtocol.XL).migrate(target));
        assertTrue(e.getMessage().contains("QEMU serves a disk"), e.getMessage());
    }

    @Test
    void qemuWaitsForTheGuestBeforeItRunsAndTheGuestConnects() {
        Domain domain = create(withAll());
        assertEquals(Map.of("console/1", "2", "9pfs/0", "2", "vfb/0", "2", "vkbd/0", "2"), states("back"));
        assertEquals(
                XenbusState.INITIALISING, domain.devices().channels().get(0).frontState());
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(5));
        assertEquals(Map.of("console/1", "4", "9pfs/0", "4", "vfb/0", "4", "vkbd/0", "4"), states("back"));
        assertEquals(states("back"), states("front"));
        assertEquals(
                List.of(new AttachedChannel(
                        1,
                        "agent",
                        "pty",
                        Optional.empty(),
                        XenbusState.CONNECTED,
                        XenbusState.CONNECTED,
                        Optional.of(9L),
                        Optional.of(8L),
                        BACK + "console/1/1")),
                domain.devices().channels());
    }

    @Test
    void aDestroyRemovesChannelsSharesAndScreens() {
        running(withAll()).destroy();
        assertNothingLeft();
    }

    @Test
    void theOwnConsoleIsNoChannel() {
        assertEquals(List.of(), running(guest()).devices().channels());
    }

    @Test
    void theStoredConfigurationHasChannelsAndShares() {
        Domain domain = running(withAll());
        DomainConfig next = domain.config().orElseThrow();
        assertEquals(Set.of(TERMINAL, share(), SCREEN), Set.copyOf(next.otherDevices()));
    }

    @Test
    void aShareOfAFileIsRefusedBeforeTheDomainExists() {
        OtherDevice file = new OtherDevice(Kind.SHARE, Map.of("tag", "t", "path", image.toString()));
        assertEquals(
                "domain web: p9 t: " + image + " is not the absolute path of a directory",
                assertThrows(ConfigException.class, () -> create(guest().otherDevices(List.of(file))))
                        .getMessage());
        host.assertUnchangedSince(before, "after a refusal");
    }

    private static OtherDevice keyboard(String id) {
        return new OtherDevice(Kind.KEYBOARD, Map.of("backend-type", "qemu", "unique-id", id));
    }

    @Test
    void aKeyboardIsAttachedListedAndDetached() {
        Domain domain = running(guest().otherDevices(List.of(share())));
        assertEquals(List.of(), domain.devices().keyboards());
        assertEquals(0, domain.devices().attachKeyboard(Keyboards.PLAIN).devid());
        AttachedKeyboard second = domain.devices().attachKeyboard(keyboard("b"));
        assertEquals(Optional.of("b"), second.id());
        host.xen.advance(Duration.ofSeconds(5));
        assertEquals(
                List.of(XenbusState.CONNECTED, XenbusState.CONNECTED),
                domain.devices().keyboards().stream()
                        .map(AttachedKeyboard::frontState)
                        .toList());
        assertEquals(
                List.of(Keyboards.PLAIN, keyboard("b")),
                keyboardsOf(domain.config().orElseThrow()));
        assertEquals(
                List.of(Keyboards.PLAIN, keyboard("b")),
                keyboardsOf(domain.libxlConfig().orElseThrow().read().config()));
        domain.devices().detachKeyboard(0, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(second.devid()), devids(domain));
        assertEquals(List.of(keyboard("b")), keyboardsOf(domain.config().orElseThrow()));
        assertEquals(Map.of(), nodesBelow(BACK + "vkbd/1/0"));
        assertThrows(DeviceException.class, () -> domain.devices().detachKeyboard(0, DetachMode.FORCE));
        domain.destroy();
        assertNothingLeft();
    }

    private static List<Integer> devids(Domain domain) {
        return domain.devices().keyboards().stream()
                .map(AttachedKeyboard::devid)
                .toList();
    }

    private static List<OtherDevice> keyboardsOf(DomainConfig config) {
        return config.otherDevices().stream()
                .filter(device -> device.kind() == Kind.KEYBOARD)
                .toList();
    }

    @Test
    void theKeyboardOfAScreenIsNoDeviceOfTheConfiguration() {
        Domain domain = running(guest().otherDevices(List.of(SCREEN)));
        domain.devices().attachKeyboard(keyboard("b"));
        assertEquals(List.of(0, 1), devids(domain));
        assertEquals(List.of(keyboard("b")), keyboardsOf(domain.config().orElseThrow()));
        domain.devices().detachKeyboard(0, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(keyboard("b")), keyboardsOf(domain.config().orElseThrow()));
    }

    @Test
    void aKeyboardNeedsAQemuThatServesIt() {
        Domain domain = running(guest());
        assertTrue(
                assertThrows(DomainStateException.class, () -> domain.devices().attachKeyboard(Keyboards.PLAIN))
                        .getMessage()
                        .contains("can have no keyboard"));
        OtherDevice ofLinux = new OtherDevice(Kind.KEYBOARD, Map.of("backend-type", "linux"));
        Domain other = running(TestHost.guest("other", 16, 32).otherDevices(List.of(share())));
        assertThrows(ConfigException.class, () -> other.devices().attachKeyboard(ofLinux));
        assertEquals(List.of(), other.devices().keyboards());
    }

    @Test
    void aFailedAttachOfAKeyboardLeavesNothing() {
        Domain domain = running(guest().otherDevices(List.of(share())));
        MachineState unchanged = host.state();
        long start = host.faults.calls();
        domain.devices().attachKeyboard(keyboard("a"));
        long calls = host.faults.calls() - start;
        domain.devices().detachKeyboard(0, DetachMode.IF_GUEST_AGREES);
        int failed = 0;
        for (long call = 1; call <= calls; call++) {
            host.faults.inject(Fault.callFails(call, Errno.EIO));
            try {
                domain.devices().attachKeyboard(keyboard("a"));
                domain.devices().detachKeyboard(0, DetachMode.IF_GUEST_AGREES);
            } catch (ToolstackException e) {
                failed++;
            }
            host.faults.heal();
            if (!domain.devices().keyboards().isEmpty()) {
                // Only the record of an attached keyboard failed.
                domain.devices().detachKeyboard(0, DetachMode.IF_GUEST_AGREES);
            }
            host.assertUnchangedSince(unchanged, host.faults.injected().toString());
        }
        assertTrue(failed > 5, failed + " of " + calls + " calls");
    }

    @Test
    void aFailedAttachOfChannelsAndSharesLeavesNothing() {
        DomainConfig config = withAll().build();
        host.toolstack.create(config).destroy();
        long start = host.faults.calls();
        long[] first = {0};
        long[] last = {0};
        CreateListener watch = progress -> {
            long now = host.faults.calls() - start;
            if (progress.step() == CreateStep.ATTACH_OTHER_DEVICES && progress.phase() == StepPhase.STARTED) {
                first[0] = now + 1;
            } else if (progress.step() == CreateStep.AWAIT_OTHER_DEVICES && progress.phase() == StepPhase.DONE) {
                last[0] = now;
            }
        };
        host.toolstack.create(config, watch, new Cancellation()).destroy();
        assertTrue(last[0] - first[0] > 40, first[0] + " to " + last[0]);
        int failed = 0;
        for (long call = first[0]; call <= last[0]; call += 3) {
            host.faults.inject(Fault.callFails(call, Errno.EIO));
            try {
                host.toolstack.create(config).destroy();
            } catch (ToolstackException e) {
                failed++;
            }
            host.faults.heal();
            host.assertUnchangedSince(before, host.faults.injected().toString());
        }
        assertTrue(failed > 10, failed + " creates failed");
    }
}
