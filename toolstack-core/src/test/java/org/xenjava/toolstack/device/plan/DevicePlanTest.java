// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

class DevicePlanTest {
    private static final String PVH = "name='web'\ntype='pvh'\nkernel='/k'\nmemory=64\n";
    private static final String HVM = "name='web'\ntype='hvm'\nmemory=64\n";

    /** A host with a few files; counts the questions. */
    private static final class Host implements HostInventory {
        private final Map<String, HostFile> files = new HashMap<>(Map.of(
                "/img/a", new HostFile.Regular(1, 10),
                "/img/b", new HostFile.Regular(1, 11),
                "/link/to/a", new HostFile.Regular(1, 10),
                "/dev/vg/x", new HostFile.BlockDevice(253, 4),
                "/dev/loop3", new HostFile.BlockDevice(7, 3),
                "/dev/loop4", new HostFile.BlockDevice(7, 4)));
        private final List<String> asked = new ArrayList<>();
        private final Map<String, Long> users = new HashMap<>();
        private boolean qemu = true;
        private QemuAbilities abilities = QemuAbilities.ALL;
        private Optional<String> vncPasswordRefusal = Optional.empty();
        private Confinement confinement = Confinement.WHERE_POSSIBLE;

        @Override
        public HostFile file(String path) {
            asked.add(path);
            return files.getOrDefault(path, new HostFile.Absent());
        }

        @Override
        public OptionalInt domid(String nameOrNumber) {
            return nameOrNumber.equals("net") ? OptionalInt.of(5) : OptionalInt.empty();
        }

        @Override
        public boolean isDirectory(String path) {
            return path.equals("/srv");
        }

        @Override
        public String release() {
            return "4.17";
        }

        @Override
        public Optional<String> runBootLoader(BootLoaderRun run, BooleanSupplier isCancelled) {
            throw new AssertionError("a plan of devices needs no boot loader");
        }

        @Override
        public Optional<String> loopFile(int loop) {
            return loop == 3 ? Optional.of("/img/a") : Optional.empty();
        }

        @Override
        public boolean linkExists(String link) {
            return link.equals("xenbr0");
        }

        @Override
        public Optional<String> passthroughRefusal(PciPlan plan) {
            return Optional.empty();
        }

        @Override
        public Optional<String> usbRefusal(UsbAddress address) {
            return Optional.empty();
        }

        @Override
        public Optional<String> scriptRefusal(String path) {
            return Optional.empty();
        }

        @Override
        public Path deviceModel(Optional<Path> override) {
            if (!qemu) {
                throw new DeviceModelException("no QEMU");
            }
            return override.orElse(Path.of("/usr/bin/qemu"));
        }

        @Override
        public QemuAbilities abilities(Path program) {
            return abilities;
        }

        @Override
        public Optional<String> vncPasswordRefusal(Path program) {
            return vncPasswordRefusal;
        }

        @Override
        public Optional<QemuUser> user(String name, QemuUser.Kind kind) {
            return Optional.ofNullable(users.get(name)).map(uid -> new QemuUser(uid, uid, kind));
        }

        @Override
        public Confinement confinement() {
            return confinement;
        }

        @Override
        public Path loader(Optional<Path> named) {
            throw new AssertionError("a plan of devices needs no firmware");
        }

        @Override
        public Path bios(Bios kind, Optional<Path> named) {
            throw new AssertionError("a plan of devices needs no firmware");
        }
    }

    private final Host host = new Host();

    private DevicePlan plan(String file) {
        DomainConfig config = XlConfigReader.parse(file, "test.cfg").config();
        MemoryPlan memory = config.hvm()
                .map(machine -> MemoryPlan.hvm(config, machine, PodPolicy.standard()))
                .orElseGet(() -> MemoryPlan.pvh(config, PodPolicy.standard(), Pages.of(1)));
        return DevicePlan.of(config, memory, host);
    }

    private DiskPlan disk(String spec) {
        return plan(PVH + "disk=['" + spec + "']\n").disks().get(0);
    }

    @Test
    void thePlanReadsEachFileOnce() {
        plan(PVH + "disk=['/img/a,raw,xvda,r', '/img/a,raw,xvdb,r', '/img/b,raw,xvdc,w']\n");
        assertEquals(List.of("/img/a", "/img/b"), host.asked);
    }

    @Test
    void pathsToOneFileHaveOneIdentity() {
        DiskIdentity file = disk("/img/a,raw,xvda,w").identity().orElseThrow();
        assertEquals("file 1/10", file.text());
        assertEquals(file, disk("/link/to/a,raw,xvda,w").identity().orElseThrow());
        assertEquals(file, disk("/img/a,qcow2,xvda,w").identity().orElseThrow());
        assertEquals(file, disk("/dev/loop3,raw,xvda,w").identity().orElseThrow());
        assertNotEquals(file, disk("/img/b,raw,xvda,w").identity().orElseThrow());
    }

    @Test
    void aBlockDeviceIsItsNumbersAlsoByARelativeName() {
        assertEquals(
                "block 253:4",
                disk("/dev/vg/x,raw,xvda,w").identity().orElseThrow().text());
        assertEquals(
                "block 253:4",
                disk("vg/x,qcow2,xvda,w").identity().orElseThrow().text());
        assertEquals(
                "block 7:4",
                disk("/dev/loop4,raw,xvda,w").identity().orElseThrow().text());
    }

    @Test
    void qemuAndThePvDiskOpenTheSameAbsolutePath() {
        DevicePlan plan = plan(HVM + "disk=['vg/x,qcow2,hda,w']\n");
        assertEquals(
                "qcow2:/dev/vg/x", plan.disks().get(0).nodes(5, Map.of()).back().get("params"));
        List<String> arguments = plan.qemu().orElseThrow().arguments(5, QemuFiles.STANDARD);
        assertTrue(
                arguments.contains("file=/dev/vg/x,format=qcow2,cache=writeback,if=ide,index=0,media=disk"),
                arguments.toString());
    }

    @Test
    void emulatedPlacesAreThoseOfHvmGuestsOnly() {
        String disks = "disk=['/img/a,raw,hdb,w', '/img/b,raw,sda,r', ',raw,hdc,r,cdrom']\n";
        assertEquals(
                List.of(Optional.of("ide 1"), Optional.of("scsi 0"), Optional.of("ide 2 (CD-ROM)")),
                plan(HVM + disks).disks().stream().map(DiskPlan::emulated).toList());
        assertEquals(Optional.empty(), disk("/img/a,raw,hdb,w").emulated());
    }

    @Test
    void onlyGuestsThatNeedQemuHaveOne() {
        assertTrue(plan(PVH + "disk=['/img/a,raw,xvda,w']\n").qemu().isEmpty());
        assertTrue(plan(PVH + "disk=['/img/a,qcow2,xvda,w']\n").qemu().isPresent());
        assertTrue(plan(HVM).qemu().isPresent());
        host.qemu = false;
        assertThrows(DeviceModelException.class, () -> plan(HVM));
        assertTrue(plan(PVH).qemu().isEmpty());
    }

    @Test
    void cardsHaveTheInterfacesOfLibxl() {
        DevicePlan plan = plan(HVM + "vif=['mac=00:16:3e:01:02:03', 'mac=00:16:3e:01:02:04,type=vif,vifname=web1']\n");
        NicPlan first = plan.nics().get(0);
        NicPlan second = plan.nics().get(1);
        assertEquals("vif7.0", first.link(7));
        assertEquals(Optional.of("vif7.0-emu"), first.tap(7));
        assertEquals("vif7.1", second.givenName(7));
        assertEquals("web1", second.link(7));
        assertEquals(Optional.empty(), second.tap(7));
    }

    @Test
    void aMissingPartOfTheHostIsRefusedWithTheNameOfTheGuest() {
        assertRefused("domain web: disk xvda: /img/none does not exist", PVH + "disk=['/img/none,raw,xvda,w']\n");
        assertRefused("domain web: vif: this host has no bridge 'br9'", PVH + "vif=['bridge=br9']\n");
    }

    @Test
    void aVncPasswordThatQemuCannotServeIsRefusedBeforeTheDomainExists() {
        host.vncPasswordRefusal = Optional.of("no DES");
        String message = assertThrows(DeviceModelException.class, () -> plan(HVM + "vncpasswd='secret'\n"))
                .getMessage();

        assertEquals(
                "domain web: vncpasswd: /usr/bin/qemu cannot ask viewers for a password: no DES; protect the screen with"
                        + " vnclisten=\"unix:/PATH\", a socket that only root can use",
                message);
        assertTrue(plan(HVM + "vnclisten='unix:/run/vnc'\n").qemu().isPresent());
    }

    private void assertRefused(String beginning, String file) {
        String message = assertThrows(ConfigException.class, () -> plan(file)).getMessage();
        assertTrue(message.startsWith(beginning), message);
    }
}
