// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainDevices;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/** Disks and network cards that Linux in a guest uses, served by dom0's kernel, with xl looking on. */
class DeviceLabTest extends LabFixture {
    private static final NicConfig CARD =
            NicConfig.builder().mac(new MacAddress("00:16:3e:0a:99:02")).build();
    private static final Pattern SCRIPTS = Pattern.compile("node |physical-device|hotplug-status");
    private static final int IMAGE_BYTES = 4 << 20;

    private static Path image(String content) {
        try {
            byte[] bytes = new byte[IMAGE_BYTES];
            byte[] text = content.getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, bytes, 0, text.length);
            Path file = Files.createTempFile("disk", ".img");
            file.toFile().deleteOnExit();
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DiskConfig disk(String vdev, Path image) {
        return DiskConfig.builder(vdev).target(image.toString()).build();
    }

    private static Map<Integer, String> loops() {
        try (XenLibraries host = JnaXen.open()) {
            return host.hostDevices().loops();
        }
    }

    private static List<String> vifs() {
        try (Stream<Path> links = Files.list(Path.of("/sys/class/net"))) {
            return links.map(link -> link.getFileName().toString())
                    .filter(name -> name.startsWith("vif"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A back end says that it is closed a moment before it lets go of its device. */
    private static void awaitLeft(int loops, int vifs) {
        Dom0.await(
                () -> loops + " loop devices and " + vifs + " interfaces, not " + loops() + " and " + vifs(),
                LabGuest.BOOT,
                () -> loops().size() == loops && vifs().size() == vifs ? Optional.of(loops) : Optional.empty());
    }

    /** Linux says on its console what it has found only when it likes. */
    private static void awaitConnected(DomainDevices devices) {
        Dom0.await("all devices to be connected", LabGuest.BOOT, () -> {
            boolean disks = devices.disks().stream().allMatch(disk -> disk.backState() == XenbusState.CONNECTED);
            boolean nics = devices.nics().stream().allMatch(nic -> nic.backState() == XenbusState.CONNECTED);
            return disks && nics ? Optional.of(devices) : Optional.empty();
        });
    }

    @Test
    void aGuestUsesItsDevicesAndThoseThatAreAttachedLater() throws IOException {
        Path system = image("the disk it is built with");
        Domain domain = toolstack.create(LabGuest.config("devices", 256, 512)
                .disks(List.of(disk("xvda", system)))
                .nics(List.of(CARD))
                .build());
        DomainDevices devices = domain.devices();
        Dom0.report("loop devices " + loops() + ", interfaces " + vifs());
        LabGuest guest = boot(domain);
        awaitConnected(devices);

        assertTrue(guest.say("sh head -c 25 /dev/xvda").contains("the disk it is built with"));
        guest.say("sh echo written by the guest | dd of=/dev/xvda bs=512 seek=1 conv=sync,fsync");
        String written = new String(Files.readAllBytes(system), 512, 20, StandardCharsets.US_ASCII);
        assertEquals("written by the guest", written);

        guest.say("sh ip address add 10.153.0.2/24 dev eth0 && ip link set eth0 up");
        String ping = guest.say("sh ping -c 3 -W 20 10.153.0.1");
        Dom0.report(
                ping.lines().filter(line -> line.contains("packets")).toList().toString());
        assertTrue(ping.contains(" 0% packet loss"), ping);

        String blockList = Dom0.xl("block-list", "devices");
        String networkList = Dom0.xl("network-list", "devices");
        Dom0.report(blockList + networkList);
        assertTrue(blockList.contains("51712"), blockList);
        assertTrue(networkList.contains(CARD.mac().orElseThrow().text()), networkList);

        comeAndGo(guest, devices);

        domain.destroy();
        awaitLeft(0, 0);
    }

    private static void comeAndGo(LabGuest guest, DomainDevices devices) {
        devices.attach(disk("xvdb", image("the disk that came later")));
        AttachedNic second = devices.attach(NicConfig.builder().build());
        awaitConnected(devices);
        assertEquals(2, loops().size());
        assertTrue(guest.say("sh head -c 24 /dev/xvdb").contains("the disk that came later"));
        assertTrue(guest.say("sh ip link show eth1").contains(second.mac()));

        devices.detach(new VirtualDisk("xvdb"), DetachMode.IF_GUEST_AGREES);
        devices.detachNic(second.devid(), DetachMode.IF_GUEST_AGREES);
        awaitLeft(1, 1);
        assertFalse(guest.say("sh cat /proc/partitions").contains("xvdb"));
    }

    @Test
    void xlDetachesADeviceThatWasAttachedHere() {
        Domain domain = toolstack.create(LabGuest.config("ours", 64, 128)
                .disks(List.of(disk("xvda", image("ours"))))
                .build());
        assertTrue(Dom0.xl("block-list", "ours").contains("51712"));
        Dom0.xl("block-attach", "ours", image("xl's") + ",raw,xvdc,w,script=/bin/true");
        assertTrue(Dom0.xl("block-list", "ours").contains("51744"));
        Dom0.xl("block-detach", "--force", "ours", "xvdc");
        Dom0.xl("block-detach", "--force", "ours", "xvda");
        awaitLeft(0, 0);
        assertEquals(List.of(), domain.devices().disks());
    }

    /** xl's own scripts take longer here than xl waits for them, so its devices are never connected. */
    @Test
    void aDeviceThatXlAttachedHasTheSameNodesAndIsDetachedHere() throws IOException {
        Path config = LabGuest.xlConfig("xls", 64, 128);
        Files.writeString(
                config,
                """
                disk=["%s,raw,xvdc,w,script=/bin/true"]
                vif=["bridge=xenbr0,script=/bin/true"]
                """
                        .formatted(image("xl's")),
                StandardOpenOption.APPEND);
        Dom0.xl("create", "-p", config.toString());
        Domain domain = named("xls");
        domain.devices().attach(disk("xvdd", image("ours")));
        domain.devices().attach(NicConfig.builder().build());
        Dom0.report(domain.devices().disks() + " " + domain.devices().nics() + " " + loops());
        assertSameNodes(domain, "vbd", 51744, 51760);
        assertSameNodes(domain, "vif", 0, 1);

        for (String disk : List.of("xvdc", "xvdd")) {
            domain.devices().detach(new VirtualDisk(disk), DetachMode.IF_GUEST_AGREES);
        }
        domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(1, DetachMode.IF_GUEST_AGREES);
        awaitLeft(0, 0);
        Dom0.xl("destroy", "xls");
    }

    /**
     * Compares names and permissions of all nodes but those of a script. The toolstack's record of our disk has one node
     * more: the identity of its file, which keeps a second guest from writing it.
     */
    private static void assertSameNodes(Domain domain, String kind, int xls, int ours) {
        int domid = domain.domid();
        for (String directory : List.of(
                "/local/domain/" + domid + "/device/" + kind,
                "/local/domain/0/backend/" + kind + "/" + domid,
                "/libxl/" + domid + "/device/" + kind)) {
            List<String> expected = new ArrayList<>(nodes(directory + "/" + xls));
            if (directory.startsWith("/libxl/") && kind.equals("vbd")) {
                expected.add("xenjava-identity (n0)");
            }
            assertEquals(expected, nodes(directory + "/" + ours), directory);
        }
    }

    private static List<String> nodes(String directory) {
        return Dom0.run("xenstore-ls", "-p", directory)
                .expectSuccess()
                .text()
                .lines()
                .map(line -> line.replaceAll(" = \".*\"[ .]*", " "))
                .filter(line -> !SCRIPTS.matcher(line).lookingAt())
                .sorted()
                .toList();
    }

    private static DomainConfig withDisk(String name, Path image) {
        return PodGuest.config(name, 8, 16).disks(List.of(disk("xvda", image))).build();
    }

    @Test
    void aDiskOfOneGuestIsRefusedToAnotherUnderEveryName() throws Exception {
        Path image = image("of one guest");
        Path directory = Files.createTempDirectory("names");
        Path symbolic = Files.createSymbolicLink(directory.resolve("symbolic"), image);
        Path hard = Files.createLink(directory.resolve("hard"), image);
        Domain first = toolstack.create(withDisk("first", image));
        Path loop = Path.of("/dev/loop" + loops().keySet().iterator().next());
        for (Path name :
                List.of(image, Path.of(image.getParent() + "/./" + image.getFileName()), symbolic, hard, loop)) {
            DeviceException e = assertThrows(DeviceException.class, () -> toolstack.create(withDisk("second", name)));
            Dom0.report(e.getMessage());
            assertTrue(e.getMessage().contains(" is disk 51712 of domain " + first.domid()), e.getMessage());
        }
        toolstack.create(withDisk("third", image("of another guest"))).destroy();
        first.destroy();
        awaitLeft(0, 0);

        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (Toolstack other = Toolstack.open()) {
            for (int round = 0; round < 5; round++) {
                List<Future<Domain>> creates = List.of(
                        threads.submit(() -> toolstack.create(withDisk("one", image))),
                        threads.submit(() -> other.create(withDisk("two", hard))));
                List<Domain> winners = new ArrayList<>();
                for (Future<Domain> create : creates) {
                    try {
                        winners.add(create.get());
                    } catch (ExecutionException e) {
                        assertInstanceOf(DeviceException.class, e.getCause());
                        Dom0.report("two at once: " + e.getCause().getMessage());
                    }
                }
                assertEquals(1, winners.size());
                winners.get(0).destroy();
                awaitLeft(0, 0);
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void aBuildThatIsKilledLeavesNoLoopDeviceAfterTheNextOpen() throws Exception {
        Path image = image("of a build that is killed");
        Process builder = Dom0.startJava(StoppedBuild.class, image.toString());
        try {
            assertEquals(StoppedBuild.STOPPED, builder.inputReader().readLine());
        } finally {
            builder.destroyForcibly().waitFor();
        }
        Map<Integer, String> left = loops();
        List<String> interfaces = vifs();
        Toolstack.open().close();
        awaitLeft(0, 0);
        Dom0.report("killed in mid-build with loop devices " + left + " and interfaces " + interfaces + ", after the "
                + "next open " + loops() + " and " + vifs());
        assertEquals(1, left.size());
        assertNothingLeft();
    }

    /** A process that stops when its domain has all its devices, to be killed there. */
    static final class StoppedBuild {
        static final String STOPPED = "stopped in mid-build";

        private StoppedBuild() {}

        public static void main(String[] args) {
            Toolstack toolstack = Toolstack.open();
            toolstack.create(
                    LabGuest.config("killed", 128, 256)
                            .disks(List.of(disk("xvda", Path.of(args[0]))))
                            .nics(List.of(CARD))
                            .build(),
                    progress -> {
                        if (progress.step() == CreateStep.REMOVE_RECORD) {
                            System.out.println(STOPPED);
                            Dom0.sleep(Duration.ofMinutes(10));
                        }
                    },
                    new Cancellation());
        }
    }
}
