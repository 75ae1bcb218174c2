// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.usb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.fault.Verdict;

/**
 * Two processes that change one USB device of the host, the second one at any call of the first one, which continues or is
 * killed. Afterwards the device is one guest's or the host's, as the nodes say.
 */
class UsbRaceTest {
    /** Every n-th call is tested; {@code -Dstride=1} covers all. */
    private static final int STRIDE = Integer.getInteger("stride", 3);

    private static final String WEB = "web";
    private static final String OTHER = "other";
    private static final OtherDevice CONTROLLER = XlConfigReader.usb(Kind.USB_CONTROLLER, "");
    private static final OtherDevice STICK = XlConfigReader.usb(Kind.USB_DEVICE, "hostbus=1,hostaddr=2");

    private final TestHost host = TestHost.of(SimulatedXen.builder().usbDevice("1-1", 1, 2, "usb-storage"));

    @BeforeEach
    void start() {
        start(WEB);
        start(OTHER);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void start(String name) {
        host.toolstack
                .create(TestHost.hvmGuest(name, 4, 4)
                        .otherDevices(List.of(CONTROLLER))
                        .build())
                .unpause();
    }

    /** Work of the second process. */
    private enum Rival {
        ATTACH(toolstack -> guest(toolstack, WEB).devices().attachUsbDevice(STICK)),
        ATTACH_TO_ANOTHER_GUEST(toolstack -> guest(toolstack, OTHER).devices().attachUsbDevice(STICK)),
        DETACH(toolstack -> guest(toolstack, WEB).devices().detachUsbDevice(0, 1)),
        DESTROY(toolstack -> guest(toolstack, WEB).destroy()),
        CLEAN_UP(toolstack -> toolstack.leftovers().removeAll());

        private final Consumer<Toolstack> work;

        Rival(Consumer<Toolstack> work) {
            this.work = work;
        }
    }

    private static Domain guest(Toolstack toolstack, String name) {
        return toolstack.resolve(name);
    }

    private static void attempt(Runnable work) {
        try {
            work.run();
        } catch (ToolstackException | ProcessKilled e) {
            // What is left is the subject of the test.
        }
    }

    /** Returns whether the first process reached that call. */
    private boolean isReached(long n, Verdict verdict, Consumer<Toolstack> first, Rival second) {
        TestProcess process = host.newProcess();
        Toolstack toolstack = process.open();
        AtomicLong left = new AtomicLong(n);
        AtomicBoolean reached = new AtomicBoolean();
        Fault fault = call -> {
            if (call.method().equals("readWatch") || left.decrementAndGet() != 0) {
                return new Verdict.Passes();
            }
            reached.set(true);
            if (verdict instanceof Verdict.Passes) {
                attempt(() -> second.work.accept(host.toolstack));
            }
            return verdict;
        };
        process.faults().inject(fault);
        attempt(() -> first.accept(toolstack));
        if (verdict instanceof Verdict.Passes) {
            toolstack.close();
        } else {
            process.faults().close();
        }
        process.ends();
        if (!(verdict instanceof Verdict.Passes)) {
            attempt(() -> second.work.accept(host.toolstack));
        }
        return reached.get();
    }

    private void race(Consumer<Toolstack> first, Rival second, Verdict verdict, boolean attached) {
        boolean reached = true;
        for (long n = 1; reached; n += STRIDE) {
            if (attached) {
                guest(host.toolstack, WEB).devices().attachUsbDevice(STICK);
            }
            reached = isReached(n, verdict, first, second);
            String after = second + " at call " + n;
            host.toolstack.leftovers().removeAll();
            assertEquals(List.of(), host.toolstack.leftovers().find(), after);
            List<Domain> holders = host.toolstack.domains().stream()
                    .filter(UsbRaceTest::hasStick)
                    .toList();
            assertTrue(holders.size() <= 1, after);
            assertEquals(Optional.of(holders.isEmpty() ? "usb-storage" : "usbfs"), driver(), after);
            holders.forEach(holder -> holder.devices().detachUsbDevice(0, 1));
            assertEquals(Optional.of("usb-storage"), driver(), after);
            if (host.toolstack.find(WEB).isEmpty()) {
                start(WEB);
            }
        }
    }

    private static boolean hasStick(Domain domain) {
        return domain.domid() != 0
                && domain.devices().usbControllers().stream()
                        .anyMatch(controller -> !controller.devices().isEmpty());
    }

    private Optional<String> driver() {
        return host.observer.hostDevices().kernelLink("bus/usb/devices/1-1:1.0/driver");
    }

    @ParameterizedTest
    @EnumSource(Rival.class)
    void anAttachBesideAnotherProcessLeavesOneOwner(Rival second) {
        race(Rival.ATTACH.work, second, new Verdict.Passes(), false);
    }

    @ParameterizedTest
    @EnumSource(Rival.class)
    void aDetachBesideAnotherProcessLeavesOneOwner(Rival second) {
        race(Rival.DETACH.work, second, new Verdict.Passes(), true);
    }

    @ParameterizedTest
    @EnumSource(Rival.class)
    void aKilledAttachAndTheNextProcessLeaveOneOwner(Rival second) {
        race(Rival.ATTACH.work, second, new Verdict.Kills(), false);
    }

    @ParameterizedTest
    @EnumSource(Rival.class)
    void aKilledDetachAndTheNextProcessLeaveOneOwner(Rival second) {
        race(Rival.DETACH.work, second, new Verdict.Kills(), true);
    }
}
