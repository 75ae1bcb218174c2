// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.VirtualDisk.Bus;
import org.xenjava.toolstack.error.ConfigException;

/** The encoding of xen-vbd-interface(7). What libxl makes of more names is among its recorded answers. */
class VirtualDiskTest {

    @ParameterizedTest
    @CsvSource({
        "xvda,             XVD,       0,   0, 51712",
        "xvdb2,            XVD,       1,   2, 51730",
        "xvdp15,           XVD,      15,  15, 51967",
        "xvdq,             XVD,      16,   0, 268439552",
        "xvda16,           XVD,       0,  16, 268435472",
        "xvdaa,            XVD,      26,   0, 268442112",
        "xvdtq37,          XVD,     536,  37, 268572709",
        "xvdbgqcv255,      XVD, 1048575, 255, 536870911",
        "d0p0,             XVD,       0,   0, 51712",
        "d536p37,          XVD,     536,  37, 268572709",
        "d1048575p255,     XVD, 1048575, 255, 536870911",
        "hda,              IDE,       0,   0, 768",
        "hdb63,            IDE,       1,  63, 895",
        "hdc,              IDE,       2,   0, 5632",
        "hdd2,             IDE,       3,   2, 5698",
        "sda,              SCSI,      0,   0, 2048",
        "sdp15,            SCSI,     15,  15, 2303",
        "51712,            NUMBERED,  0,   0, 51712",
        "0x300,            NUMBERED,  0,   0, 768",
        "01400,            NUMBERED,  0,   0, 768",
    })
    void aNameIsANumberToXen(String name, Bus bus, int disk, int partition, int number) {
        VirtualDisk vdev = new VirtualDisk(name);
        assertEquals(number, vdev.number());
        assertEquals(bus, vdev.bus());
        assertEquals(disk, vdev.disk());
        assertEquals(partition, vdev.partition());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "xvd",
                "hd",
                "sd",
                "hde",
                "hda64",
                "hda0",
                "hda01",
                "sdq",
                "sda16",
                "xvda256",
                "xvdbgqcw",
                "d0",
                "p0",
                "d1048576p0",
                "d0p256",
                "d-1p0",
                "vda",
                "XVDA",
                "xvda ",
                "-1",
                "2147483648",
                "xvda1x",
                "xvdzzzzzz"
            })
    void whatIsNoNameIsRefused(String name) {
        ConfigException e = assertThrows(ConfigException.class, () -> new VirtualDisk(name));
        assertEquals(
                "'" + name + "' is no virtual disk: write hda … hdd, sda … sdp, xvda …, or d0p0 …", e.getMessage());
    }
}
