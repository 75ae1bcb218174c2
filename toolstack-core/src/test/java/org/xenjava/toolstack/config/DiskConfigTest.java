// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.config.DiskConfig.Backend;
import org.xenjava.toolstack.config.DiskConfig.Builder;
import org.xenjava.toolstack.config.DiskConfig.Controller;
import org.xenjava.toolstack.config.DiskConfig.Format;
import org.xenjava.toolstack.config.DiskConfig.Option;
import org.xenjava.toolstack.error.ConfigException;

class DiskConfigTest {

    @Test
    void aDiskIsRawWritableAndDiscardableByDefault() {
        DiskConfig disk = DiskConfig.builder("xvda").target("/dev/vg/x").build();
        assertEquals(Format.RAW, disk.format());
        assertEquals(Access.READ_WRITE, disk.access());
        assertEquals(Optional.empty(), disk.backend());
        assertEquals(Set.of(Option.DISCARD), disk.options());
        assertEquals(51712, disk.number());
    }

    @Test
    void aReadOnlyDiskIsDiscardableOnlyByAnOption() {
        Builder disk = DiskConfig.builder("xvda").target("/a").readOnly();
        assertEquals(Set.of(), disk.build().options());
        assertEquals(Set.of(Option.DISCARD), disk.discard().build().options());
        assertEquals(
                Set.of(),
                DiskConfig.builder("xvda").target("/a").noDiscard().build().options());
    }

    @Test
    void aDriveForCdromsIsReadOnlyAndMayBeEmpty() {
        DiskConfig drive = DiskConfig.builder("hdc").cdrom().build();
        assertTrue(drive.isEmptyDrive());
        assertEquals(Access.READ_ONLY, drive.access());
    }

    @Test
    void aDeviceThatNoHostCanAttachIsRefused() {
        assertEquals("disk xvda: it has no target, and is no CD-ROM drive", error(DiskConfig.builder("xvda")));
        assertEquals("disk xvda: the target is empty", error(raw().target("")));
        assertEquals("disk xvda: the target has control characters", error(raw().target("/a\n")));
        assertEquals("disk xvda: the script has a comma", error(raw().script("a,b")));
        assertEquals(
                "disk xvda: backendtype phy serves only the format raw, not qcow2",
                error(raw().format(Format.QCOW2).backend(Backend.PHY)));
        assertEquals(
                "disk xvda: a script makes a block device, whose format is raw, not qcow2",
                error(raw().format(Format.QCOW2).script("block-nbd")));
        assertEquals(
                "disk hdc: an empty drive has no format",
                error(DiskConfig.builder("hdc").cdrom().format(Format.QCOW2)));
        assertEquals(
                "disk hdc: a CD-ROM is read-only",
                assertThrows(
                                ConfigException.class,
                                () -> new DiskConfig(
                                        Optional.empty(),
                                        Format.RAW,
                                        new VirtualDisk("hdc"),
                                        Access.READ_WRITE,
                                        DiskConfig.Device.CDROM,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Set.of()))
                        .getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "hda, IDE",
        "hdd, IDE",
        "xvda, IDE",
        "xvdd, IDE",
        "d2p0, IDE",
        "sda, SCSI",
        "sdp, SCSI",
        "xvde,",
        "hda1,",
        "sda1,",
        "768,"
    })
    void theFirstFourDisksAreOnTheIdeControllerAndThoseOfScsiOnTheirs(String vdev, Controller controller) {
        assertEquals(
                Optional.ofNullable(controller),
                DiskConfig.builder(vdev).target("/a").build().emulated());
    }

    @ParameterizedTest
    @CsvSource({"hdc, IDE", "sda, IDE", "sde,", "xvde,"})
    void aCdromDriveIsOnTheIdeController(String vdev, Controller controller) {
        assertEquals(
                Optional.ofNullable(controller),
                DiskConfig.builder(vdev).cdrom().build().emulated());
    }

    @Test
    void twoDisksOfAGuestHaveTwoNames() {
        assertEquals("disk d0p0: another disk has that name", together(DomainType.PVH, disk("xvda"), disk("d0p0")));
        assertEquals("disk 51712: another disk has that name", together(DomainType.HVM, disk("xvda"), disk("51712")));
    }

    @Test
    void twoEmulatedDisksHaveTwoPlaces() {
        String same = "another disk is emulated in the same place of the same controller";
        assertEquals("disk xvda: " + same, together(DomainType.HVM, disk("hda"), disk("xvda")));
        assertEquals("", together(DomainType.PVH, disk("hda"), disk("xvda")));
        assertEquals("", together(DomainType.HVM, disk("hda"), disk("sda")));
        assertEquals("", together(DomainType.HVM, disk("xvda1"), disk("xvda2")));
    }

    @Test
    void qemuHasNoReadOnlyIdeDiskAndServesItsOwnCdromDrives() {
        DiskConfig readOnly = DiskConfig.builder("xvda").target("/a").readOnly().build();
        assertEquals(
                "disk xvda: an emulated IDE disk cannot be read-only; only sd…, and xvde and further can",
                together(DomainType.HVM, readOnly));
        assertEquals("", together(DomainType.PVH, readOnly));
        DiskConfig drive =
                DiskConfig.builder("hdc").cdrom().backend(Backend.PHY).build();
        assertEquals("disk hdc: an HVM guest's CD-ROM drive has the backend qdisk", together(DomainType.HVM, drive));
        assertEquals("", together(DomainType.PVH, drive));
    }

    private static Builder raw() {
        return DiskConfig.builder("xvda").target("/a");
    }

    private static DiskConfig disk(String vdev) {
        return DiskConfig.builder(vdev).target("/a").build();
    }

    private static String error(Builder disk) {
        return assertThrows(ConfigException.class, disk::build).getMessage();
    }

    /** What is wrong with a guest that has the disks; empty if nothing is. */
    private static String together(DomainType type, DiskConfig... disks) {
        DomainConfig.Builder guest = DomainConfig.builder("x")
                .type(type)
                .kernel(Path.of("/k"))
                .memoryMib(256)
                .disks(List.of(disks));
        try {
            guest.build();
            return "";
        } catch (ConfigException e) {
            return e.getMessage().replaceFirst("domain x: ", "");
        }
    }
}
