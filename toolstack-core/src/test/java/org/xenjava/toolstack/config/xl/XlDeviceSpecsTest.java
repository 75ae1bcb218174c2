// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Backend;
import org.xenjava.toolstack.config.DiskConfig.Format;
import org.xenjava.toolstack.config.DiskConfig.Option;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Rate;
import org.xenjava.toolstack.config.NicConfig.Trust;
import org.xenjava.toolstack.config.NicConfig.Type;
import org.xenjava.toolstack.error.ConfigException;

/** Disks and network cards in xl's words, and what is not among xl's recorded answers because ours is another. */
class XlDeviceSpecsTest {

    /** The equivalent strings of xl-disk-configuration(5). */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/dev/vg/guest-volume,,hda",
                "/dev/vg/guest-volume,raw,hda,rw",
                "format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume",
                "raw:/dev/vg/guest-volume,hda,w"
            })
    void theManualsDisksAreOne(String spec) {
        assertEquals(DiskConfig.builder("hda").target("/dev/vg/guest-volume").build(), XlDiskReader.read(spec));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/root/image.iso,,hdc,cdrom",
                "/root/image.iso,,hdc,,cdrom",
                "/root/image.iso,raw,hdc,devtype=cdrom",
                "format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/root/image.iso",
                "raw:/root/image.iso,hdc:cdrom,ro"
            })
    void theManualsCdromsAreOne(String spec) {
        assertEquals(DiskConfig.builder("hdc").target("/root/image.iso").cdrom().build(), XlDiskReader.read(spec));
    }

    @ParameterizedTest
    @ValueSource(strings = {",hdc:cdrom,r", ",,hdc,cdrom", "vdev=hdc,cdrom", "format=empty,vdev=hdc,devtype=cdrom"})
    void aDriveWithoutATargetIsEmpty(String spec) {
        assertEquals(DiskConfig.builder("hdc").cdrom().build(), XlDiskReader.read(spec));
    }

    @Test
    void everyParameterOfADiskHasItsPlace() {
        DiskConfig disk =
                XlDiskReader.read("backendtype=qdisk,format=qcow2,vdev=sdb,access=r,devtype=disk,backend=Domain-0,"
                        + "specification=xen,direct-io-safe,discard,untrusted,no-colo,target=/a, b:c=d");
        assertEquals(
                DiskConfig.builder("sdb")
                        .target("/a, b:c=d")
                        .format(Format.QCOW2)
                        .backend(Backend.QDISK)
                        .readOnly()
                        .discard()
                        .directIoSafe()
                        .untrusted()
                        .build(),
                disk);
        assertEquals(Set.of(Option.values()), disk.options());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            qcow:/a,xvda,w                  | format qcow is not supported: convert the image to qcow2 or raw
            /a,vhd,xvda                     | format vhd is not supported: convert the image to qcow2 or raw
            /a,format=qed,xvda              | format qed is not supported: convert the image to qcow2 or raw
            /a,zip,xvda                     | 'zip' is no format of a disk
            /a,empty,xvda                   | only a CD-ROM drive without a target is empty
            ,,xvda                          | disk xvda: it has no target, and is no CD-ROM drive
            /a,raw                          | no vdev is given, such as xvda
            target=/a,format=raw,vdev=hda   | no vdev is given: target= takes the rest of the text, so it is the last parameter
            /a,raw,vdb                      | 'vdb' is no virtual disk: write hda … hdd, sda … sdp, xvda …, or d0p0 …
            /a,raw,xvda,x                   | access is ro, r, rw or w, not 'x'
            /a,raw,xvda,w,w                 | 'w' is one positional parameter too many
            /a,raw,xvda,format=qcow2        | format is given twice
            /a,raw,xvda,target=/b           | target is given twice
            /a,raw,xvda,devtype=floppy      | devtype is cdrom or disk, not 'floppy'
            /a,raw,xvda,backendtype=tap     | backendtype tap is not supported
            /a,raw,xvda,backendtype=standalone | backendtype standalone is not supported
            /a,raw,xvda,backendtype=loop    | backendtype is phy or qdisk, not 'loop'
            /a,raw,xvda,specification=virtio | specification virtio is not supported
            /a,raw,xvda,colo                | colo is not supported
            /a,raw,xvda,colo-host=h         | colo-host h is not supported
            /a,raw,xvda,size=1              | 'size' is no parameter of a disk
            zip:/a,xvda,w                   | 'zip:' is no prefix of a disk
            """)
    void aWrongOrUnsupportedDiskIsRefusedWithAReason(String spec, String error) {
        assertEquals(
                error,
                assertThrows(ConfigException.class, () -> XlDiskReader.read(spec))
                        .getMessage());
    }

    @Test
    void aDiskIsOfOneLine() {
        assertThrows(ConfigException.class, () -> XlDiskReader.read("/a,raw,\nxvda"));
    }

    @Test
    void aTargetThatEndsInACommaSurvives() {
        DiskConfig disk = DiskConfig.builder("xvda").target("/a,,").build();
        assertEquals(disk, XlDiskReader.read(XlDiskWriter.write(disk)));
    }

    @Test
    void everyParameterOfACardHasItsPlace() {
        assertEquals(
                NicConfig.builder()
                        .mac(new MacAddress("00:16:3e:01:02:03"))
                        .bridge("br0")
                        .type(Type.IOEMU)
                        .model("e1000")
                        .script("vif-route")
                        .vifName("guest0")
                        .ip("192.0.2.1 192.0.2.2")
                        .gatewayDevice("eth0")
                        .mtu(9000)
                        .rate(new Rate(1_250_000, 20_000))
                        .trust(Trust.UNTRUSTED)
                        .build(),
                nic(
                        "mac=00:16:3E:01:02:03, bridge=br0,type=ioemu,model=e1000,script=vif-route,vifname=guest0,"
                                + "ip=192.0.2.1 192.0.2.2,gatewaydev=eth0,mtu=9000,rate=10Mb/s@20ms,untrusted,devid=2,backend=0"));
    }

    @Test
    void aCardHasTheBlanksAroundItsValuesRemoved() {
        assertEquals(NicConfig.builder().bridge("br0").model("e1000").build(), nic(" bridge = br0 , model= e1000  "));
    }

    @Test
    void aCardMayHaveAnotherNumberThanItsPlaceAndAnotherServer() {
        assertEquals(NicConfig.builder().devid(5).backendDomain("net").build(), nic("devid=5,backend=net"));
    }

    @Test
    void aDiskMayHaveAnotherServer() {
        assertEquals(
                Optional.of("store"),
                XlDiskReader.read("/a,raw,xvda,backend=store").backendDomain());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", " , ,", "trusted", "backend=Domain-0", "bridge=xenbr0"})
    void aCardOfWhichNothingIsSaidIsXlsDefault(String spec) {
        assertEquals(NicConfig.builder().build(), nic(spec));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            mac=0:16:3e:0:0:1   | a MAC address is six pairs of hexadecimal digits: '0:16:3e:0:0:1'
            mac=01:00:5e:00:00:01 | the MAC address of a card is neither zero nor a group's: 01:00:5e:00:00:01
            type=pv             | type is ioemu or vif, not 'pv'
            bridge=             | bridge is the name of an interface, 1 … 15 characters, not ''
            bridge=br 0,mtu=9000 | bridge is the name of an interface, 1 … 15 characters, not 'br 0'
            model=e1000 x       | 'e1000 x' is no model of a network card
            mtu=large           | mtu is a decimal number, not 'large'
            mtu=20              | mtu is 68 … 65535 bytes, not 20
            devid=65536         | devid is 0 … 65535, not 65536
            forwarddev=eth1     | forwarddev is not supported: there is no COLO
            colo_sock_mirror_id=1 | colo_sock_mirror_id is not supported: there is no COLO
            rate=fast           | 'fast' is no rate, such as 10Mb/s or 1MB/s@20ms
            rate=08Mb/s         | a rate's numbers are 1 … 4294967295, not '08'
            rate=1b/s           | a rate is 1 … 4294967295 B/s, kB/s, MB/s or GB/s, not 0 B/s
            rate=1GB/s@4295s    | a rate's interval is 1 … 4294967295 microseconds, not 4295000000
            rate=8GB/s@4294s    | a rate times its interval has at most 64 bits
            speed=1             | 'speed' is no parameter of a network card
            fast                | 'fast' is no parameter of a network card
            """)
    void aWrongOrUnsupportedCardIsRefusedWithAReason(String spec, String error) {
        assertEquals(error, assertThrows(ConfigException.class, () -> nic(spec)).getMessage());
    }

    @Test
    void aParameterThatXlWarnsOfIsAWarning() {
        List<String> warnings = new ArrayList<>();
        NicConfig nic = new XlNicSpec(OptionalInt.of(0), warnings::add).parse("netdev=eth0,accel=fast");
        assertEquals(NicConfig.builder().gatewayDevice("eth0").build(), nic);
        assertEquals(
                List.of("'netdev' of 'vif' is deprecated: write gatewaydev", "'accel' of 'vif' is ignored, as xl does"),
                warnings);
    }

    @ParameterizedTest
    @CsvSource({"1, 1B/s", "4294967295, 4294967295B/s", "4294968000, 4294968KB/s", "4294967295000000000, 4294967295GB/s"
    })
    void aRateIsWrittenInTheSmallestUnitThatHoldsIt(long bytesPerSecond, String amount) {
        Rate rate = new Rate(bytesPerSecond, 3);
        assertEquals(amount + "@3us", XlRate.write(rate));
        assertEquals(rate, XlRate.parse(XlRate.write(rate)));
        assertTrue(rate.bytesPerInterval() >= 0);
    }

    private static NicConfig nic(String spec) {
        return new XlNicSpec(OptionalInt.of(2), warning -> {
                    throw new AssertionError(warning);
                })
                .parse(spec);
    }
}
