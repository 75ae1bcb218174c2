// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

class DiskBackendTest {
    private static final HostFile FILE = new HostFile.Regular(2049, 131_074);
    private static final HostFile DEVICE = new HostFile.BlockDevice(253, 0);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HVM | device | raw,xvda,w                   | BLKBACK",
                "HVM | file   | raw,xvda,w                   | LOOP",
                "HVM | file   | qcow2,xvda,w                 | QEMU",
                "HVM | device | qcow2,xvda,w                 | QEMU",
                "HVM | file   | raw,hdc,r,cdrom              | QEMU",
                "HVM | device | raw,hdc,r,cdrom              | QEMU",
                "HVM | file   | raw,xvda,w,backendtype=phy   | LOOP",
                "HVM | device | raw,xvda,w,backendtype=qdisk | QEMU",
                "PVH | device | raw,xvda,w                   | BLKBACK",
                "PVH | file   | raw,xvda,w                   | LOOP",
                "PVH | file   | qcow2,xvda,w                 | QEMU",
                "PVH | file   | raw,xvdb,r,cdrom             | LOOP",
                "PVH | file   | raw,xvda,w,backendtype=qdisk | QEMU"
            })
    void theRule(DomainType guest, String target, String words, DiskBackend expected) {
        DiskConfig disk = XlConfigReader.disk("/srv/web," + words);
        assertEquals(expected, DiskBackend.of(disk, guest, target.equals("file") ? FILE : DEVICE));
    }

    @Test
    void anEmptyDriveIsQemus() {
        DiskConfig drive = DiskConfig.builder("hdc").cdrom().build();
        assertEquals(DiskBackend.QEMU, DiskBackend.of(drive, DomainType.HVM, new HostFile.Absent()));
        assertEquals(DiskBackend.QEMU, DiskBackend.of(drive, DomainType.PVH, new HostFile.Absent()));
    }

    @Test
    void aScriptMakesABlockDevice() {
        DiskConfig disk = XlConfigReader.disk("drbd:web,xvda,w");
        assertEquals(DiskBackend.SCRIPT, DiskBackend.of(disk, DomainType.PVH, new HostFile.Absent()));
        assertEquals("web", DiskBackend.pathOf(disk));
    }

    @Test
    void aRelativeTargetIsInDev() {
        assertEquals("/dev/vg/web", DiskBackend.pathOf(XlConfigReader.disk("vg/web,raw,xvda,w")));
        assertEquals("/srv/web", DiskBackend.pathOf(XlConfigReader.disk("/srv/web,raw,xvda,w")));
    }
}
