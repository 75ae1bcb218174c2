// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.ShutdownRequest;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.view.Screenshot;
import org.xenjava.toolstack.device.view.VncAddress;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** HVM guests: hvmloader, a BIOS and QEMU between the guest and Xen, and the same promise. */
class HvmLabTest extends LabFixture {
    /** Booted by QEMU: a BIOS that reads the same kernel from a disk takes minutes here. */
    private static final String KERNEL =
            """
            kernel = "%1$s/vmlinuz"
            ramdisk = "%1$s/initrd.gz"
            extra = "console=hvc0 quiet pci=noearly"
            """
                    .formatted(Dom0.GUESTS);

    /** On the SCSI controller, where a BIOS does not have to fetch every word. */
    private static final String DISK = "disk = [ \"%s/disk.img,raw,sda,rw\" ]\n".formatted(Dom0.GUESTS);

    /** A file that xl and this project read alike. */
    private static String file(String name, Vga vga, String boot) {
        return """
                name = "%s"
                type = "hvm"
                memory = 256
                maxmem = 512
                vga = "%s"
                vnc = %d
                serial = "pty"
                on_crash = "preserve"
                """
                        .formatted(name, vga.word(), vga == Vga.NONE ? 0 : 1)
                + boot;
    }

    private static DomainConfig config(String name, Vga vga, String boot) {
        return XlConfigReader.parse(file(name, vga, boot), name + ".cfg").config();
    }

    @Override
    LabGuest boot(Domain domain) {
        return bootSlowly(domain);
    }

    @Test
    void aGuestBootsFromItsDiskAndItsScreenCanBeSeen() throws Exception {
        Domain ours = toolstack.create(config("hvm", Vga.STDVGA, DISK));
        PodCounters built = report("ours, stdvga, built", ours);
        assertEquals(65280, built.debt());
        assertEquals(KiB.ofMiB(256), ours.memory().status().size());
        assertEquals("RFB 003.008\n", greetingOf(ours.screen().vnc().orElseThrow()));
        assertTrue(Files.exists(Path.of(Dom0.xenstore("/local/domain/" + ours.domid() + "/serial/0/tty"))));

        assertConfined(ours);
        boot(ours);
        assertShowsSomething(ours.screen().screenshot());
        LabGuest.awaitSettled(ours, xenctrl);
        PodCounters settled = report("ours, stdvga, ballooned", ours);
        assertEquals(0, settled.debt());
        assertEquals(settled.entries(), settled.cachePages());

        CompletableFuture<Domain> death = ours.deviceModel().death();
        assertFalse(death.isDone());
        ProcessHandle.of(ours.deviceModel().pid().orElseThrow()).orElseThrow().destroyForcibly();
        assertEquals(ours.uuid(), death.get(1, TimeUnit.MINUTES).uuid());
        assertEquals(OptionalLong.empty(), ours.deviceModel().pid());
    }

    /** The rights of the domain's QEMU, as its kernel tells them. */
    private static void assertConfined(Domain domain) throws IOException {
        long pid = domain.deviceModel().pid().orElseThrow();
        long uid = 2_100_000_000L + domain.domid();
        Path process = Path.of("/proc/" + pid);
        String status = Files.readString(process.resolve("status"));
        Dom0.report(status.lines()
                .filter(line -> line.matches("(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):.*"))
                .toList()
                .toString()
                .replace('\t', ' '));
        assertTrue(status.contains("Uid:\t%1$d\t%1$d\t%1$d\t%1$d\n".formatted(uid)), status);
        assertTrue(status.contains("CapEff:\t0000000000000000\n"), status);
        assertTrue(status.contains("NoNewPrivs:\t1\n"), status);
        assertEquals(
                "/run/xen/qemu-root-" + domain.domid(),
                Files.readSymbolicLink(process.resolve("root")).toString());
        assertNotEquals(
                Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")),
                Files.readSymbolicLink(process.resolve("ns/mnt")));
        try (Stream<Path> root = Files.list(process.resolve("root"))) {
            assertEquals(0, root.count());
        }
    }

    @Test
    void aConfinedGuestUsesItsDiskAndItsDriveAndReboots() throws Exception {
        Path disk = Files.copy(
                Dom0.GUESTS.resolve("disk.img"),
                Files.createTempDirectory("confined").resolve("disk.img"));
        Path image = Files.write(Files.createTempFile("medium", ".iso"), new byte[1 << 20]);
        Domain ours = toolstack.create(config(
                "confined",
                Vga.STDVGA,
                KERNEL
                        + """
                        dm_restrict = 1
                        vnclisten = "unix:/run/xen/vnc-confined"
                        disk = [ "%s,raw,xvda,rw", ",raw,hdc,ro,cdrom" ]
                        """
                                .formatted(disk)));
        assertConfined(ours);
        assertEquals(
                new VncAddress.Socket(Path.of("/run/xen/vnc-confined")),
                ours.screen().vnc().orElseThrow());
        LabGuest guest = boot(ours);
        guest.say("sh echo written by the guest >/dev/xvda; sync");
        Dom0.await(
                "what the guest writes",
                Duration.ofSeconds(30),
                () -> startOf(disk).startsWith("written") ? Optional.of(disk) : Optional.empty());
        VirtualDisk drive = new VirtualDisk("hdc");
        for (int change = 0; change < 3; change++) {
            ours.devices().insertMedium(drive, image);
            ours.devices().ejectMedium(drive);
        }
        ours.devices().insertMedium(drive, image);
        long pid = ours.deviceModel().pid().orElseThrow();
        try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            assertEquals(1, open.filter(file -> leadsTo(file, image)).count(), "QEMU gives old media back");
        }
        assertTrue(Dom0.run("ls", "-l", "/proc/" + pid + "/fd").text().contains("pipe:"), "the log is a pipe");

        SupervisorService service = toolstack.supervise(SupervisionPolicy.standard(), event -> {});
        ours.lifecycle().requestShutdown(ShutdownRequest.REBOOT);
        Domain next = Dom0.await("the restart", Duration.ofMinutes(4), () -> toolstack
                .find(ours.uuid())
                .filter(found -> found.domid() != ours.domid()
                        && !found.status().states().contains(DomainStatus.State.PAUSED)));
        service.close();
        assertConfined(next);
    }

    private static String startOf(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(20), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean leadsTo(Path link, Path file) {
        try {
            return Files.readSymbolicLink(link).equals(file);
        } catch (IOException e) {
            return false;
        }
    }

    private static String greetingOf(VncAddress vnc) throws IOException {
        VncAddress.Tcp tcp = (VncAddress.Tcp) vnc;
        try (Socket socket = new Socket(tcp.host(), tcp.port())) {
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
        }
    }

    private static void assertShowsSomething(Screenshot screenshot) throws IOException {
        Files.write(Path.of("/var/log/xen/hvm-screen.png"), screenshot.toPng());
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(screenshot.toPng()));
        long colours = IntStream.range(0, screenshot.height())
                .flatMap(y -> IntStream.range(0, screenshot.width()).map(x -> image.getRGB(x, y)))
                .distinct()
                .count();
        Dom0.report(
                "the screen: %d x %d pixels, %d colours".formatted(screenshot.width(), screenshot.height(), colours));
        assertTrue(screenshot.width() >= 640 && screenshot.height() >= 400);
        assertTrue(colours > 1);
    }

    /** libxl's way loses sight of the video RAM here, and makes such a guest vulnerable. */
    @Test
    void aRaiseWhileTheGuestBootsLeavesNoDebtInTheEnd() {
        Domain ours = toolstack.create(config("raised", Vga.STDVGA, KERNEL));
        ours.memory().set(KiB.ofMiB(300));
        PodCounters raised = report("ours, stdvga, mem-set 300 at once", ours);
        assertEquals((512 - 300) * 256 - 256, raised.debt());

        boot(ours);
        ours.memory().set(KiB.ofMiB(320));
        report("ours, stdvga, mem-set 320 at boot", ours);
        LabGuest.awaitSettled(ours, xenctrl);
        PodCounters settled = report("ours, stdvga, ballooned", ours);
        assertEquals(settled.entries(), settled.cachePages());
    }

    @Tag("lab-long")
    @ParameterizedTest
    @EnumSource(names = {"NONE", "STDVGA"})
    void xlsNumbersForTheSameFile(Vga vga) throws IOException {
        Domain xls = createdByXl("xls-" + vga.word(), vga);
        report("xl's, " + vga.word() + ", built", xls);
        boot(xls);
        awaitStandstill(xls);
        report("xl's, " + vga.word() + ", ballooned", xls);
        long qemu = xls.deviceModel().pid().orElseThrow();
        xls.destroy();
        assertFalse(runs(qemu), "our destroy ends the QEMU that xl has started");
    }

    @Tag("lab-long")
    @Test
    void aGuestWithoutAScreenBalloonsToItsSize() {
        Domain ours = toolstack.create(config("blind", Vga.NONE, KERNEL));
        report("ours, none, built", ours);
        boot(ours);
        LabGuest.awaitSettled(ours, xenctrl);
        PodCounters settled = report("ours, none, ballooned", ours);
        assertEquals(settled.entries(), settled.cachePages());
    }

    private Domain createdByXl(String name, Vga vga) throws IOException {
        Path file = Files.writeString(Files.createTempFile(name, ".cfg"), file(name, vga, KERNEL));
        Dom0.xl("create", "-p", file.toString());
        return named(name);
    }

    /** libxl's guests settle where their numbers lead them, debt or not. */
    private void awaitStandstill(Domain domain) {
        PodCounters last = xenctrl.memory().podTarget(domain.domid());
        for (int quiet = 0; quiet < 10; ) {
            Dom0.sleep(Duration.ofSeconds(1));
            PodCounters now = xenctrl.memory().podTarget(domain.domid());
            quiet = now.totPages() == last.totPages() ? quiet + 1 : 0;
            last = now;
        }
    }

    @Test
    void aGuestHasTheEmulatedTwinsOfItsParavirtualDevices() throws IOException {
        Path image = Files.write(Files.createTempFile("medium", ".iso"), new byte[1 << 20]);
        Domain ours = toolstack.create(config(
                "twins",
                Vga.NONE,
                "disk = [ \"%s/disk.img,raw,hda,rw\", \",raw,hdc,ro,cdrom\" ]%nvif = [ \"bridge=xenbr0\" ]%n"
                        .formatted(Dom0.GUESTS)));

        String bridge = Dom0.run("ip", "-o", "link", "show", "master", "xenbr0")
                .expectSuccess()
                .text();
        Dom0.report("on the bridge: " + bridge.replaceAll("(?m)^\\d+: (\\S+):.*\\n", "$1 "));
        assertTrue(bridge.contains("vif" + ours.domid() + ".0:"), bridge);
        assertTrue(bridge.contains("vif" + ours.domid() + ".0-emu:"), bridge);

        VirtualDisk drive = new VirtualDisk("hdc");
        ours.devices().insertMedium(drive, image);
        ours.devices().ejectMedium(drive);
        assertThrows(DeviceModelException.class, () -> ours.devices().insertMedium(drive, Path.of("/no/such/image")));
        assertThrows(DeviceModelException.class, () -> ours.devices().ejectMedium(new VirtualDisk("hdd")));
        assertThrows(DeviceModelException.class, () -> ours.screen().screenshot());
    }

    @Test
    void aProcessThatIsKilledInMidBuildLeavesNoQemu() throws Exception {
        killAt(CreateStep.AWAIT_DEVICE_MODEL.name());
        List<Domain> left = toolstack.domains();
        assertEquals(2, left.size());
        long qemu = left.get(1).deviceModel().pid().orElseThrow();

        Toolstack.open().close();

        assertFalse(runs(qemu));
        assertNothingLeft();
    }

    @Test
    void aGuestOutlivesTheProcessThatBuiltItAndAQemuDoesNotOutliveItsGuest() throws Exception {
        killAt(StoppedBuild.AT_THE_END);
        Domain built = toolstack.find("killed").orElseThrow();
        long qemu = built.deviceModel().pid().orElseThrow();
        Toolstack.open().close();
        assertTrue(runs(qemu));
        assertTrue(built.exists());

        // As if by somebody who does not know of QEMU.
        xenctrl.domains().destroy(built.domid());
        Toolstack.open().close();

        assertFalse(runs(qemu));
        built.destroy();
        assertNothingLeft();
    }

    private static void killAt(String step) throws Exception {
        Process builder = Dom0.startJava(StoppedBuild.class, step);
        try {
            assertEquals(StoppedBuild.STOPPED, builder.inputReader().readLine());
        } finally {
            builder.destroyForcibly().waitFor();
        }
    }

    /** A process that stops where it is told to, to be killed there. */
    static final class StoppedBuild {
        static final String STOPPED = "stopped";
        static final String AT_THE_END = "at the end";

        private StoppedBuild() {}

        public static void main(String[] args) {
            Toolstack toolstack = Toolstack.open();
            toolstack.create(
                    config("killed", Vga.NONE, KERNEL),
                    progress -> {
                        if (progress.step().name().equals(args[0])) {
                            stop();
                        }
                    },
                    new Cancellation());
            stop();
        }

        private static void stop() {
            System.out.println(STOPPED);
            Dom0.sleep(Duration.ofMinutes(10));
        }
    }

    /** A zombie has ended. */
    private static boolean runs(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException e) {
            return false;
        }
    }
}
