// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.ClockConfig.TimerMode;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.config.HvmConfig.UsbDevice;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.ViridianFeature;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The meaning of the keys of an HVM guest, and reports of wrong ones; more is among xl's recorded answers. */
class XlHvmSectionTest {
    private static final String HVM = "name='x'; type='hvm'; memory=256\n";

    @Test
    void theReaderReadsEveryKeyOfTheMachine() {
        DomainConfig config = silent(
                """
                name = "x"
                type = "hvm"
                memory = 256
                bios = "ovmf"
                bios_path_override = "/ovmf.bin"
                firmware_override = "/loader"
                smbios_firmware = "/smbios"
                acpi_firmware = "/acpi"
                boot = "dn"
                acpi = 1; acpi_s3 = 0; acpi_s4 = 0; acpi_laptop_slate = 1
                pae = 0; nx = 0; apic = 1; hpet = 0; vpt_align = 0; xen_platform_pci = 0; xen_platform_pci_bar_uc = 0
                timer_mode = "one_missed_tick_pending"
                tsc_mode = "native"
                viridian = [ "base", "stimer" ]
                mmio_hole = 1024
                vga = "stdvga"
                videoram = 32
                vnc = 1; vncunused = 0; vnclisten = "0.0.0.0"; vncdisplay = 7; vncpasswd = "secret"; keymap = "de"
                serial = [ "pty", "none" ]
                usb = 1
                usbdevice = [ "tablet", "keyboard" ]
                device_model_override = "/qemu"
                device_model_args = [ "-a" ]
                device_model_args_hvm = [ "-b" ]
                """);
        assertEquals(
                Optional.of(HvmConfig.builder()
                        .firmware(new Firmware(
                                Bios.OVMF,
                                Optional.of(Path.of("/ovmf.bin")),
                                Optional.of(Path.of("/loader")),
                                Optional.of(Path.of("/smbios")),
                                Optional.of(Path.of("/acpi"))))
                        .boot("dn")
                        .features(EnumSet.of(
                                HvmFeature.ACPI, HvmFeature.ACPI_LAPTOP_SLATE, HvmFeature.APIC, HvmFeature.USB))
                        .viridian(Set.of(ViridianFeature.BASE, ViridianFeature.STIMER))
                        .mmioHole(KiB.ofMiB(1024))
                        .graphics(GraphicsConfig.of(Vga.STDVGA)
                                .withVideoRam(KiB.ofMiB(32))
                                .withVnc(new Vnc("0.0.0.0", 7, DisplayChoice.EXACT, Optional.of("secret")))
                                .withKeymap("de"))
                        .serial(List.of("pty", "none"))
                        .usbDevices(List.of(UsbDevice.TABLET, UsbDevice.KEYBOARD))
                        .build()),
                config.hvm());
        assertEquals(TimerMode.ONE_MISSED_TICK_PENDING, config.clock().timerMode());
        assertEquals(
                new DeviceModel(Optional.of(Path.of("/qemu")), List.of("-a", "-b"), Optional.empty(), Optional.empty()),
                config.deviceModel());
        assertEquals(KiB.ofMiB(32), config.videoRam());
    }

    @Test
    void aKeyThatIsNotSetHasXlsDefault() {
        assertEquals(Optional.of(HvmConfig.DEFAULT), silent(HVM).hvm());
    }

    @Test
    void hvmloaderIsNoKernel() {
        XlConfigReader.Result result = XlConfigReader.parse(HVM + "kernel='/usr/lib/xen/boot/hvmloader'", "f");
        assertEquals(Optional.empty(), result.config().kernel());
        assertEquals(
                "[f:2: 'kernel' is ignored, as xl does: hvmloader is no kernel, but 'firmware_override']",
                result.warnings().toString());
        assertEquals("f:2: a ramdisk has no effect without a kernel", errors(HVM + "kernel='hvmloader'; ramdisk='/r'"));
    }

    @Test
    void aModeByItsNumberIsAWarning() {
        XlConfigReader.Result result = XlConfigReader.parse(HVM + "timer_mode=2\ntsc_mode='1'", "f");
        assertEquals(TimerMode.NO_MISSED_TICKS_PENDING, result.config().clock().timerMode());
        assertEquals(TscMode.ALWAYS_EMULATE, result.config().clock().tscMode());
        assertEquals(
                "[f:2: a number for 'timer_mode' is deprecated: write \"no_missed_ticks_pending\", "
                        + "f:3: a number for 'tsc_mode' is deprecated: write \"always_emulate\"]",
                result.warnings().toString());
    }

    @Test
    void aSerialPortWithoutADestinationIsIgnored() {
        assertEquals(
                List.of(), silent(HVM + "serial='none'").hvm().orElseThrow().serial());
        assertEquals(
                List.of("pty"), silent(HVM + "serial='pty'").hvm().orElseThrow().serial());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            vnclisten='[::1]'                   | ::1 | 0
            vnclisten='[::1]:3'                 | ::1 | 3
            vnclisten='127.0.0.2:3'             | 127.0.0.2 | 3
            vnclisten='127.0.0.2:3';vncdisplay=0 | 127.0.0.2 | 3
            vnclisten='localhost';vncdisplay=4  | localhost | 4
            """)
    void anAddressMayHaveADisplay(String line, String listen, int display) {
        Vnc vnc = silent(HVM + line).hvm().orElseThrow().graphics().vnc().orElseThrow();
        assertEquals(listen, vnc.listen());
        assertEquals(display, vnc.display());
    }

    @Test
    void aScreenWithoutAServerNeedsNoPassword() {
        assertEquals(
                Optional.empty(),
                silent(HVM + "vnc=0; vnclisten='0.0.0.0'")
                        .hvm()
                        .orElseThrow()
                        .graphics()
                        .vnc());
    }

    @Test
    void vncUsesEightCharactersOfAPassword() {
        assertEquals(
                "[f:2: VNC looks only at the first 8 characters of 'vncpasswd']",
                XlConfigReader.parse(HVM + "vncpasswd='123456789'", "f")
                        .warnings()
                        .toString());
        silent(HVM + "vncpasswd='12345678'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            boot='cdc'               | f:2: boot is one or more of c (disk), d (CD-ROM), n (network) and a (floppy), each once, not 'cdc'
            bios='rombios'           | f:2: 'bios' is "rombios", not one of seabios, ovmf
            firmware=['bios']        | f:2: 'firmware' is a list but should be a single value
            timer_mode=['native']    | f:2: 'timer_mode' is a list but should be a single value
            firmware='rombios'       | f:2: 'firmware' is "rombios", which only the old QEMU of Xen runs
            bios='ovmf';firmware='bios' | f:2: 'firmware' contradicts 'bios' of line 2
            firmware='/a';firmware_override='/b' | f:2: 'firmware' contradicts 'firmware_override' of line 2
            pae='on'                 | f:2: 'pae' is "on", which is not a number
            timer_mode='4'           | f:2: 'timer_mode' is "4", not one of delay_for_missed_ticks, no_delay_for_missed_ticks, no_missed_ticks_pending, one_missed_tick_pending
            tsc_mode='native_paravirt' | f:2: 'tsc_mode' is "native_paravirt", not one of default, always_emulate, native
            viridian='all'           | f:2: 'viridian' is "all", which is not a number
            viridian=['freq']        | f:2: the viridian groups need the group 'base'
            viridian=['base','fast'] | f:2: 'viridian' has "fast", which is no group
            viridian=['!freq','all'] | f:2: 'viridian' removes a group before "all" adds it: write "all" first
            viridian=[['base']]      | f:2: 'viridian' is a list with a list in it
            mmio_hole=255            | f:2: mmio_hole is 256 … 3840 MiB, not 255 MiB
            mmio_hole=0x7fffffffffffffff | f:2: 'mmio_hole' is an amount of memory in MiB, not 9223372036854775807
            vga='vmware'             | f:2: 'vga' is "vmware", not one of none, cirrus, stdvga, qxl
            videoram=4               | f:2: videoram of cirrus is a power of two, 8 … 512 MiB, not 4 MiB
            vga='none';videoram=16   | f:2: without a graphics card there is no video RAM
            vga='qxl';videoram=256   | f:1: memory (256 MiB) leaves nothing beside 256 MiB of video RAM
            vnclisten='0.0.0.0'      | f:2: VNC on 0.0.0.0, where other machines reach it, needs a password: vncpasswd
            vnclisten='0.0.0.0';vncpasswd='' | f:2: VNC on 0.0.0.0, where other machines reach it, needs a password: vncpasswd
            vnclisten='::1'          | f:2: 'vnclisten' is ADDRESS or ADDRESS:DISPLAY, not "::1"
            vnclisten='127.0.0.1:60000' | f:2: a VNC display is 0 … 59635, not 60000
            vncdisplay='-1'          | f:2: a VNC display is 0 … 59635, not -1
            vnclisten='127.0.0.1:1';vncdisplay=1 | f:2: 'vnclisten' of line 2 has a display too
            vncpasswd="\\t"          | f:2: the VNC password has control characters
            keymap='de,x'            | f:2: 'de,x' is no keymap
            serial=['pty','']        | f:2: the serial port is empty
            usbdevice='host:1.2'     | f:2: 'usbdevice' has "host:1.2", not one of tablet, mouse, keyboard, wacom-tablet: QEMU has dropped all others
            soundhw='pcspk'          | f:2: 'soundhw' has "pcspk", not one of ac97, adlib, cs4231a, es1370, gus, hda, sb16
            usbversion=4             | f:2: usbversion is 1 … 3, not 4
            hdtype='scsi'            | f:2: 'hdtype' is "scsi", not one of ide, ahci
            vendor_device='qemu'     | f:2: 'vendor_device' has "qemu", not one of xenserver
            mca_caps=['cmci']        | f:2: 'mca_caps' has "cmci", not one of lmce
            ms_vm_genid='1'          | f:2: 'ms_vm_genid' is "generate", "none" or a UUID, not "1"
            smbios=['x']             | f:2: 'smbios' has "x", not KIND=TEXT
            smbios=['bios_vendor=']  | f:2: the smbios bios_vendor is empty
            smbios=['oem=a','oem=b','bios_version=a','bios_version=b'] | f:2: smbios has 2 texts for bios_version
            hdtype='ahci';disk=['/a,,hda,r'] | f:2: disk hda: an emulated AHCI disk cannot be read-only; only sd…, and xvdg and further can
            spice=1;spicepasswd='x'  | f:2: Spice needs a port: spiceport or spicetls_port
            spice=1;spiceport=5900   | f:2: 'spice' needs spicepasswd, or spicedisable_ticketing = 1
            spice=1;spiceport=70000;spicedisable_ticketing=1 | f:2: spiceport is 1 … 65535, not 70000
            altp2m='mixed';nestedhvm=1 | f:2: altp2m and nestedhvm exclude each other
            altp2m='external';maxmem=512 | f:2: a guest with altp2m cannot be populated on demand: maxmem must be memory
            nestedhvm=1;hap=0        | f:2: nestedhvm needs hardware-assisted paging: hap = 1
            max_grant_version=3      | f:2: max_grant_version is 1 or 2, not 3
            vmtrace_buf_kb=5         | f:2: vmtrace_buf_kb is a power of two, 4 … 2097152, not 5
            cpuid='tm=0'             | f:2: 'cpuid': the first word is 'host', not 'tm=0'
            cpuid='host,hyperviso=0' | f:2: 'cpuid': 'hyperviso' is no feature of a processor; did you mean 'hypervisor'?
            cpuid='host,tm'          | f:2: 'cpuid': 'tm' has no value: write tm=1, =0, =x or =k
            cpuid='host,tm=2'        | f:2: 'cpuid': 'tm' is 0 … 1, not 2
            cpuid='host,tm=y'        | f:2: 'cpuid': 'tm=y': the value is a number, x, k or s
            cpuid=['1:ecx=1']        | f:2: 'cpuid': 'ecx=1' is not eax, ebx, ecx or edx with 32 of 0, 1, x, k and s
            cpuid=['one']            | f:2: 'cpuid': 'one' is not of the form LEAF[,SUBLEAF]:REGISTER=BITS,…
            device_model_args='-a'   | f:2: 'device_model_args' is a single value but should be a list
            passthrough='maybe'      | f:2: passthrough is enabled, sync_pt or share_pt, not 'maybe'
            passthrough=''           | f:2: passthrough is enabled, sync_pt or share_pt, not ''
            rdm='host'               | f:2: rdm is strategy=host, with or without policy=strict or relaxed, not 'host'
            rdm='strategy=ignore,x'  | f:2: rdm is strategy=host, with or without policy=strict or relaxed, not 'strategy=ignore,x'
            init_seclabel="\\t";seclabel='a' | f:2: init_seclabel is a text that is not empty and has no control characters, not '\\u0009'
            irqs=['a']               | f:2: 'irqs' has "a": it is not of the form NUMBER
            ioports=['3f8-']         | f:2: 'ioports' has "3f8-": it is not of the form PORT or PORT-PORT, in hexadecimal
            ioports=['2ff-2f8']      | f:2: 'ioports' has "2ff-2f8": a range is FIRST-LAST with FIRST <= LAST <= ffffffff, and has at most ffffffff ports, not 2ff-2f8
            ioports=['1-100000000']  | f:2: 'ioports' has "1-100000000": a range is FIRST-LAST with FIRST <= LAST <= ffffffff, and has at most ffffffff ports, not 1-100000000
            ioports=['0-ffffffff']   | f:2: 'ioports' has "0-ffffffff": a range is FIRST-LAST with FIRST <= LAST <= ffffffff, and has at most ffffffff ports, not 0-ffffffff
            iomem=['fe000,0']        | f:2: 'iomem' has "fe000,0": count is 1 or more, and start + count is at most 10000000000000, not fe000 + 0
            iomem=['1,fffffffffffff@2'] | f:2: 'iomem' has "1,fffffffffffff@2": count is 1 or more, and gfn + count is at most 10000000000000, not 2 + fffffffffffff
            iomem=['fe000']          | f:2: 'iomem' has "fe000": it is not of the form START,COUNT or START,COUNT@GFN, in hexadecimal
            vtpm=['uuid=1']          | f:2: 'vtpm' has "uuid=1": a vTPM has a backend
            vkb=['']                 | f:2: 'vkb' has "": backend-type is qemu or linux, not ''
            disk=['/a,raw,xvdx1y']   | f:2: 'disk' has "/a,raw,xvdx1y": 'xvdx1y' is no virtual disk: write hda … hdd, sda … sdp, xvda …, or d0p0 …
            disk=['/a,,hda','/b,,xvda'] | f:2: disk xvda: another disk is emulated in the same place of the same controller
            disk='/a,,hda'           | f:2: 'disk' is a single value but should be a list
            vif=['bridge=']          | f:2: 'vif' has "bridge=": bridge is the name of an interface, 1 … 15 characters, not ''
            vif=['mac=02:00:00:00:00:01','mac=02:00:00:00:00:01'] | f:2: two network cards are 02:00:00:00:00:01
            """)
    void aWrongValueIsReportedWithItsLine(String line, String error) {
        assertEquals(error, errors(HVM + line));
    }

    @Test
    void disksAndCardsAreReadInOrder() {
        DomainConfig config =
                silent(HVM + "disk=['/a,,hda',',hdc:cdrom,r']; vif=['bridge=a','bridge=b']; disk+=['/b,qcow2,xvde']");
        assertEquals(
                "[hda, hdc, xvde]",
                config.disks().stream().map(DiskConfig::vdev).toList().toString());
        assertEquals(
                List.of("a", "b"), config.nics().stream().map(NicConfig::bridge).toList());
    }

    private static DomainConfig silent(String source) {
        XlConfigReader.Result result = XlConfigReader.parse(source, "f");
        assertEquals(List.of(), result.warnings());
        return result.config();
    }

    private static String errors(String source) {
        return assertThrows(ConfigException.class, () -> XlConfigReader.parse(source, "f"))
                .getMessage();
    }
}
