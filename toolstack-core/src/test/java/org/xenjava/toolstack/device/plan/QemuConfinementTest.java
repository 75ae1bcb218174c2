// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.device.plan.ConfinementMeasure.*;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

class QemuConfinementTest {
    private static final String HVM = "name='web'\ntype='hvm'\nmemory=64\n";
    private static final String UNIX_VNC = "vnclisten='unix:/run/vnc'\n";
    private static final Path ROOT = Path.of("/run/root-7");

    /** A host whose QEMU, users and policy a test chooses. */
    private static final class Host implements HostInventory {
        private final Map<String, Long> users = new HashMap<>();
        private QemuAbilities abilities = QemuAbilities.ALL;
        private Confinement confinement = Confinement.WHERE_POSSIBLE;

        @Override
        public HostFile file(String path) {
            return new HostFile.Regular(1, path.hashCode());
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
            return Optional.empty();
        }

        @Override
        public boolean linkExists(String link) {
            return true;
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
            return Path.of("/qemu");
        }

        @Override
        public QemuAbilities abilities(Path program) {
            return abilities;
        }

        @Override
        public Optional<String> vncPasswordRefusal(Path program) {
            return Optional.empty();
        }

        @Override
        public Optional<QemuUser> user(String name, QemuUser.Kind kind) {
            return Optional.ofNullable(users.get(name)).map(uid -> new QemuUser(uid, uid + 1, kind));
        }

        @Override
        public Confinement confinement() {
            return confinement;
        }

        @Override
        public Path loader(Optional<Path> named) {
            return Path.of("/loader");
        }

        @Override
        public Path bios(Bios kind, Optional<Path> named) {
            return Path.of("/bios");
        }
    }

    private final Host host = new Host();

    private QemuConfinement of(String file) {
        DomainConfig config = XlConfigReader.parse(file, "test.cfg").config();
        MemoryPlan memory = config.hvm()
                .map(machine -> MemoryPlan.hvm(config, machine, PodPolicy.standard()))
                .orElseGet(() -> MemoryPlan.pvh(config, PodPolicy.standard(), Pages.of(1)));
        return DevicePlan.of(config, memory, host).qemu().orElseThrow().confinement();
    }

    @Test
    void aGuestWithoutNetworkHasEveryMeasure() {
        QemuConfinement confinement = of(HVM + UNIX_VNC + "disk=['/a,raw,hda,w', ',raw,hdc,r,cdrom']\nserial='pty'\n");

        assertEquals(EnumSet.allOf(ConfinementMeasure.class), confinement.measures());
        assertEquals(
                List.of(
                        "unshare",
                        "--mount",
                        "--ipc",
                        "--net",
                        "--",
                        "prlimit",
                        "--core=0",
                        "--memlock=0",
                        "--nofile=4096",
                        "--nproc=512",
                        "--",
                        "setpriv",
                        "--no-new-privs",
                        "--bounding-set=-all,+sys_chroot,+setuid,+setgid,+dac_override",
                        "--"),
                confinement.launcher());
        assertEquals(
                List.of("-xen-domid-restrict", "-chroot", "/run/root-7", "-runas", "2100000007:2100000007"),
                confinement.arguments(7, ROOT));
    }

    /** libxl's limit of 256 KiB for files breaks emulated disks and ends QEMU at its log. */
    @Test
    void theSizeOfFilesIsNotLimited() {
        assertFalse(of(HVM).launcher().toString().contains("fsize"));
    }

    @Test
    void aNewerQemuGetsItsOwnOptions() {
        host.abilities = new QemuAbilities(EnumSet.allOf(ConfinementMeasure.class), QemuAbilities.Drop.RUN_WITH);

        assertEquals(
                List.of("-xen-domid-restrict", "-run-with", "chroot=/run/root-7,user=2100000007:2100000007"),
                of(HVM).arguments(7, ROOT));
    }

    @Test
    void aNetworkIsKeptWhereTheGuestNeedsIt() {
        assertEquals("VNC listens on a TCP port", of(HVM).missing().get(NO_NETWORK));
        QemuConfinement card = of(HVM + UNIX_VNC + "vif=['']\n");
        assertEquals("the guest has an emulated network card", card.missing().get(NO_NETWORK));
        assertTrue(card.launcher().toString().contains("+net_admin"));
        assertTrue(of(HVM + UNIX_VNC + "vif=['type=vif']\n").has(NO_NETWORK));
        assertFalse(of(HVM + UNIX_VNC + "serial='tcp:h:1'\n").has(NO_NETWORK));
        QemuConfinement arguments = of(HVM + UNIX_VNC + "device_model_args=['-x']\n");
        assertFalse(arguments.has(NO_NETWORK));
        assertFalse(arguments.launcher().toString().contains("bounding-set"));
    }

    @Test
    void noQemuWithAShareCanMakeDeviceNodes() {
        String share = HVM + "p9=['tag=t,path=/srv,security_model=none']\n";
        for (String more : List.of(
                "pci=['00:08.0']\n", "passthrough='enabled'\n", "device_model_args=['-x']\n", "dm_restrict=0\n")) {
            assertTrue(of(share + more).launcher().contains("--bounding-set=-mknod"), more);
        }
        assertFalse(of(share).launcher().toString().contains("mknod"));
        assertTrue(of(share).launcher().toString().contains("--bounding-set=-all,"));
        host.abilities = new QemuAbilities(Set.of(LIMITS), QemuAbilities.Drop.CHROOT_AND_RUNAS);
        assertEquals(
                List.of("setpriv", "--bounding-set=-mknod", "--"),
                of(share).launcher().subList(5, 8));
    }

    @Test
    void aQemuThatServesDisksKeepsItsRights() {
        Set<ConfinementMeasure> rest = Set.of(NAMESPACES, LIMITS, NO_NEW_PRIVILEGES);
        QemuConfinement hvm = of(HVM + "disk=['/a,qcow2,hda,w']\n");
        assertEquals(rest, hvm.measures());
        assertTrue(hvm.missing().get(XEN_RESTRICTION).startsWith("QEMU serves disk hda (qcow2)"));
        assertEquals(List.of(), hvm.arguments(7, ROOT));
        QemuConfinement pvh = of("name='p'\ntype='pvh'\nkernel='/k'\nmemory=64\ndisk=['/a,qcow2,xvda,w']\n");
        assertEquals(Set.of(NAMESPACES, NO_NETWORK, LIMITS, NO_NEW_PRIVILEGES), pvh.measures());
    }

    @Test
    void theRestrictionIsDroppedWithTheEmptyRoot() {
        host.abilities = new QemuAbilities(Set.of(XEN_RESTRICTION, LIMITS), QemuAbilities.Drop.CHROOT_AND_RUNAS);

        QemuConfinement confinement = of(HVM);

        assertEquals(Set.of(LIMITS), confinement.measures());
        assertEquals(
                "it is worth nothing while QEMU can open /dev/xen",
                confinement.missing().get(XEN_RESTRICTION));
        assertEquals(
                "a trial start of this QEMU failed with it",
                confinement.missing().get(OWN_USER));
    }

    @Test
    void aRequiredConfinementThatIsNotPossibleIsRefused() {
        String file = HVM + "dm_restrict=1\n";
        assertEquals(Confinement.REQUIRED, of(file).policy());
        ConfigException disk = assertThrows(ConfigException.class, () -> of(file + "disk=['/a,qcow2,hda,w']\n"));
        assertTrue(disk.getMessage().startsWith("domain web: QEMU cannot be confined"), disk.getMessage());
        assertTrue(disk.getMessage().contains("QEMU serves disk hda (qcow2)"), disk.getMessage());

        host.abilities = new QemuAbilities(Set.of(LIMITS), QemuAbilities.Drop.RUN_WITH);
        assertThrows(ConfigException.class, () -> of(file));
    }

    @Test
    void aGuestMayAskForLessUnlessTheHostRequiresMore() {
        assertEquals(QemuConfinement.NONE, of(HVM + "dm_restrict=0\n"));
        host.confinement = Confinement.REQUIRED;
        assertEquals(Confinement.REQUIRED, of(HVM + "dm_restrict=0\n").policy());
        host.confinement = Confinement.OFF;
        assertEquals(QemuConfinement.NONE, of(HVM));
        assertEquals(Confinement.REQUIRED, of(HVM + "dm_restrict=1\n").policy());
    }

    @Test
    void libxlsUsersAreTakenWhereTheHostHasThem() {
        host.users.put("xen-qemuuser-shared", 900L);
        assertEquals("900:901", runas(of(HVM)));
        assertFalse(of(HVM).launcher().toString().contains("nproc"));
        host.users.put("xen-qemuuser-range-base", 131072L);
        assertEquals("131079:131073", runas(of(HVM)));
    }

    @Test
    void theUserOfTheConfigurationIsTakenAndIsNotRoot() {
        host.users.put("mine", 77L);
        host.users.put("toor", 0L);
        assertEquals("77:78", runas(of(HVM + "device_model_user='mine'\n")));
        QemuConfinement only = of(HVM + "device_model_user='mine'\ndm_restrict=0\n");
        assertEquals(Set.of(OWN_USER), only.measures());
        assertEquals(List.of("-runas", "77:78"), only.arguments(7, ROOT));
        assertThrows(ConfigException.class, () -> of(HVM + "device_model_user='toor'\n"));
        assertThrows(ConfigException.class, () -> of(HVM + "device_model_user='nobody-has-it'\n"));
    }

    @Test
    void withoutXenRestrictionTheRestStays() {
        QemuConfinement before = of(HVM);
        QemuConfinement after = before.withoutXenRestriction();

        assertEquals(before.measures().size() - 1, after.measures().size());
        assertEquals("this QEMU does not start with it", after.missing().get(XEN_RESTRICTION));
        assertEquals(List.of("-chroot", "/run/root-7", "-runas", "2100000007:2100000007"), after.arguments(7, ROOT));
    }

    private static String runas(QemuConfinement confinement) {
        List<String> arguments = confinement.arguments(7, ROOT);
        return arguments.get(arguments.indexOf("-runas") + 1);
    }
}
