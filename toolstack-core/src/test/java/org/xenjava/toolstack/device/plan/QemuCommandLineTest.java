// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.memory.DeviceMemory;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.RamRange;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.Pages;

class QemuCommandLineTest {
    private static final String HVM = "name = 'web'\ntype = 'hvm'\nmemory = 256\nmaxmem = 512\nvnc = 0\n";

    /**
     * But for two things. A monitor of our own, so that a client of xl's that hangs is not in our way; and a serial port
     * that is none is not mentioned, since {@code -nodefaults} makes none either.
     */
    @ParameterizedTest
    @ValueSource(strings = {"d1", "d2", "e", "f3", "h4", "h7"})
    void theMachineIsTheOneThatXlMakesOfTheSameFile(String recording) throws IOException {
        String[] parts = resource("libxl-" + recording + ".txt").split("\n\n");
        List<String> libxl = new ArrayList<>(List.of(parts[1].strip().split("\n")));
        int domid = Integer.parseInt(libxl.get(libxl.indexOf("-xen-domid") + 1));

        List<String> ours = new ArrayList<>(arguments(parts[0], domid));
        String socket = "socket,id=xenjava,path=/var/run/xen/qmp-xenjava-" + domid + ",server=on,wait=off";
        int monitor =
                Collections.indexOfSubList(ours, List.of("-chardev", socket, "-mon", "chardev=xenjava,mode=control"));
        assertTrue(monitor > 0, ours.toString());
        ours.subList(monitor, monitor + 4).clear();

        int serial = libxl.indexOf("-serial");
        assertEquals("none", libxl.get(serial + 1));
        libxl.subList(serial, serial + 2).clear();
        assertEquals(libxl.subList(1, libxl.size()), ours);
    }

    @ParameterizedTest
    @CsvSource({
        "vga='cirrus', cirrus-vga;vgamem_mb=8, 504",
        "vga='stdvga', VGA;vgamem_mb=16, 496",
        "vga='stdvga' ; videoram=32, VGA;vgamem_mb=32, 480",
        "vga='qxl', qxl-vga;vram_size_mb=64;ram_size_mb=64, 384"
    })
    void theVideoRamIsTheCardsAndNotTheMachines(String lines, String card, String mib) {
        List<String> arguments = arguments(HVM + lines.replace(" ; ", "\n"), 7);

        assertTrue(has(arguments, "-device", card.replace(';', ',')), arguments.toString());
        assertTrue(has(arguments, "-m", mib), arguments.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vnc=1|127.0.0.1:0,to=99",
                "vnc=1;vncdisplay=5;vncunused=0|127.0.0.1:5",
                "vnc=1;vnclisten='0.0.0.0';vncpasswd='secret'|0.0.0.0:0,password=on,to=99",
                "vnc=1;vnclisten='unix:/run/xen/vnc-web'|unix:/run/xen/vnc-web",
                "vnc=0|none"
            })
    void theScreenIsServedWhereItIsAskedForAndNoPasswordIsSeen(String lines, String vnc) {
        List<String> arguments = arguments(HVM.replace("vnc = 0\n", "") + lines.replace(";", "\n"), 7);

        assertTrue(has(arguments, "-vnc", vnc), arguments.toString());
        assertFalse(arguments.toString().contains("secret"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            spice=1;spiceport=5930;spicepasswd='secret' | -spice | port=5930,agent-mouse=on,disable-copy-paste=on
            spice=1;spicetls_port=1;spicedisable_ticketing=1;spicehost='h';spice_clipboard_sharing=1;spiceagent_mouse=0 | -spice | tls-port=1,addr=h,disable-ticketing=on,agent-mouse=off
            spice=1;spiceport=1;spicedisable_ticketing=1;spicevdagent=1 | -chardev | spicevmc,id=vdagent,name=vdagent
            spice=1;spiceport=1;spicedisable_ticketing=1;usbversion=3;spiceusbredirection=2 | -device | usb-redir,chardev=usbrc2,id=usbrc2
            sdl=1                    | -display  | sdl
            usbversion=1             | -device   | piix3-usb-uhci,id=usb
            usbversion=2             | -device   | ich9-usb-uhci3,masterbus=usb.0,firstport=4,addr=0x1d.0x2,multifunction=on
            usbversion=3             | -device   | nec-usb-xhci,id=usb
            usbdevice='wacom-tablet' | -device   | usb-wacom-tablet
            soundhw='ac97'           | -device   | AC97,audiodev=sound
            soundhw='hda'            | -device   | hda-duplex,audiodev=sound
            soundhw='sb16'           | -audiodev | none,id=sound
            vendor_device='xenserver' | -device  | xen-pvdevice,device-id=0xc000
            acpi=0                   | -machine  | xenfv,suppress-vmdesc=on,acpi=off
            hdtype='ahci';disk=['/a,,xvdf'] | -device | ide-hd,bus=ahci0.5,unit=0,drive=ahcidisk-5
            """)
    void aKeyOfTheMachineIsAnArgument(String lines, String option, String value) {
        List<String> arguments = arguments(HVM + lines.replace(";", "\n"), 7);

        assertTrue(has(arguments, option, value), arguments.toString());
        assertFalse(arguments.toString().contains("secret"));
    }

    @ParameterizedTest
    @CsvSource({"xvda, ide", "hdb, ide", "sda, ide", "hdb, ahci"})
    void theTargetOfADriverDomainsDiskIsNotOpenedHere(String vdev, String controller) {
        String disk = "disk = [ 'format=raw,vdev=" + vdev + ",access=w,backend=net,target=/dev/vg/far' ]\n";
        List<String> arguments = arguments(HVM + disk + "hdtype = '" + controller + "'", 7);
        assertFalse(arguments.toString().contains("far"), arguments.toString());
    }

    @Test
    void graphicalOutputIsSwitchedOffOnlyIfNothingShowsIt() {
        assertTrue(arguments(HVM + "nographic=1", 7).contains("-nographic"));
        assertFalse(arguments(HVM + "nographic=1\nvnc=1", 7).contains("-nographic"));
    }

    @Test
    void anAddressWithColonsIsInBrackets() {
        Vnc vnc = new Vnc("::1", 3, DisplayChoice.EXACT, Optional.empty());
        DomainConfig config = DomainConfig.builder("web")
                .type(DomainType.HVM)
                .memoryMib(64)
                .hvm(HvmConfig.builder()
                        .graphics(GraphicsConfig.of(Vga.CIRRUS).withVnc(vnc))
                        .build())
                .build();

        assertTrue(has(arguments(config, 7), "-vnc", "[::1]:3"));
    }

    @Test
    void disksAreOnTheControllersWhereTheirNamesSay() {
        List<String> arguments = arguments(
                HVM
                        + """
                        disk = [ 'vg/a,raw,hda,rw', '/images/b.qcow2,qcow2,xvdb,rw', ',raw,hdc,ro,cdrom',
                            '/images/i.iso,raw,hdd,ro,cdrom', '/images/s.raw,raw,sda,ro', '/images/t.raw,raw,sdb,rw',
                            '/images/e.raw,raw,xvde,rw' ]
                        """,
                7);

        assertEquals(
                List.of(
                        "file=/dev/vg/a,format=raw,cache=writeback,if=ide,index=0,media=disk",
                        "file=/images/b.qcow2,format=qcow2,cache=writeback,if=ide,index=1,media=disk",
                        "if=none,readonly=on,id=ide-5632",
                        "file=/images/i.iso,format=raw,cache=writeback,if=none,readonly=on,id=ide-5696",
                        "file=/images/s.raw,format=raw,cache=writeback,if=none,id=ide-2048,readonly=on",
                        "file=/images/t.raw,format=raw,cache=writeback,if=none,id=ide-2064"),
                after(arguments, "-drive"));
        assertEquals(
                List.of(
                        "cirrus-vga,vgamem_mb=8",
                        "ide-cd,id=ide-5632,drive=ide-5632,bus=ide.1,unit=0",
                        "ide-cd,id=ide-5696,drive=ide-5696,bus=ide.1,unit=1",
                        "lsi53c895a,id=scsi0",
                        "scsi-hd,bus=scsi0.0,scsi-id=0,drive=ide-2048",
                        "scsi-hd,bus=scsi0.0,scsi-id=1,drive=ide-2064"),
                after(arguments, "-device"));
    }

    @Test
    void anEmulatedCardHasTheNameAndTheAddressOfItsParavirtualTwin() {
        String vif = "vif = [ 'mac=00:16:3e:01:02:03', 'mac=00:16:3e:01:02:04,model=e1000,vifname=web1',"
                + " 'mac=00:16:3e:01:02:05,type=vif' ]\n";
        List<String> arguments = arguments(HVM + vif, 7);

        assertEquals(
                List.of(
                        "type=tap,id=net0,ifname=vif7.0-emu,script=no,downscript=no",
                        "type=tap,id=net1,ifname=web1-emu,script=no,downscript=no"),
                after(arguments, "-netdev"));
        assertEquals(
                List.of(
                        "cirrus-vga,vgamem_mb=8",
                        "rtl8139,id=nic0,netdev=net0,mac=00:16:3e:01:02:03,romfile=",
                        "e1000,id=nic1,netdev=net1,mac=00:16:3e:01:02:04,romfile="),
                after(arguments, "-device"));
        assertFalse(arguments.contains("-net"));
    }

    @Test
    void onlyTheFirstCardOfAGuestThatBootsFromTheNetworkHasARom() {
        List<String> devices = after(
                arguments(HVM + "boot='n'\nvif = [ 'mac=00:16:3e:01:02:03', 'mac=00:16:3e:01:02:04' ]\n", 7),
                "-device");

        assertEquals("rtl8139,id=nic0,netdev=net0,mac=00:16:3e:01:02:03", devices.get(1));
        assertEquals("rtl8139,id=nic1,netdev=net1,mac=00:16:3e:01:02:04,romfile=", devices.get(2));
    }

    @Test
    void theMachineHasTheDevicesOfTheFile() {
        List<String> arguments = arguments(
                HVM
                        + """
                        vcpus = 2
                        maxvcpus = 4
                        boot = 'dn'
                        serial = 'pty'
                        usbdevice = [ 'tablet', 'keyboard' ]
                        keymap = 'de'
                        mmio_hole = 1024
                        device_model_args_hvm = [ '-trace', 'xen*' ]
                        """,
                7);

        assertTrue(has(arguments, "-smp", "2,maxcpus=4"));
        assertTrue(has(arguments, "-boot", "order=dn"));
        assertTrue(has(arguments, "-serial", "pty"));
        assertEquals(List.of("cirrus-vga,vgamem_mb=8", "usb-tablet", "usb-kbd"), after(arguments, "-device"));
        assertTrue(arguments.contains("-usb"));
        assertTrue(has(arguments, "-k", "de"));
        assertTrue(has(arguments, "-machine", "xenfv,suppress-vmdesc=on,max-ram-below-4g=3221225472"));
        assertEquals(List.of("-trace", "xen*"), arguments.subList(arguments.size() - 2, arguments.size()));
    }

    @Test
    void ramThatEndsBelowReservedMemoryEndsThereForQemuToo() {
        DomainConfig config = XlConfigReader.parse(
                        "name = 'web'\ntype = 'hvm'\nmemory = 2100\nrdm_mem_boundary = 1024\n", "test.cfg")
                .config();
        RamRange reserved = new RamRange(0x7FFE_0000L, 0x7FFE_4000L);
        MemoryPlan memory = MemoryPlan.hvm(
                config,
                config.hvm().orElseThrow(),
                PodPolicy.standard(),
                List.of(new DeviceMemory.Reservation(reserved, DeviceMemory.Policy.STRICT)));

        assertTrue(has(
                arguments(config, memory, 7), "-machine", "xenfv,suppress-vmdesc=on,max-ram-below-4g=" + 0x7FE0_0000));
        assertTrue(has(arguments(config, 7), "-machine", "xenfv,suppress-vmdesc=on"));
    }

    @Test
    void withoutThePlatformDeviceTheMachineIsAPlainPc() {
        assertTrue(has(arguments(HVM + "xen_platform_pci = 0\n", 7), "-machine", "pc,accel=xen,suppress-vmdesc=on"));
    }

    @Test
    void aCommaInANameEndsNothing() {
        assertTrue(has(arguments(HVM.replace("'web'", "'web,1'"), 7), "-name", "web,,1"));
    }

    @Test
    void qemuServesOnlyParavirtualDisksOfAPvhGuest() {
        List<String> arguments = arguments("name = 'pvh'\ntype = 'pvh'\nkernel = '/k'\nmemory = 256\n", 7);

        assertTrue(has(arguments, "-machine", "xenpv,suppress-vmdesc=on"));
        assertTrue(arguments.contains("-xen-attach"));
        assertFalse(arguments.contains("-boot"));
    }

    @Test
    void theQemuOfAPvhGuestHasItsArguments() {
        List<String> arguments = arguments(
                "name = 'pvh'\ntype = 'pvh'\nkernel = '/k'\nmemory = 256\ndevice_model_args = ['-a']\n"
                        + "device_model_args_pv = ['-b']\n",
                7);

        assertEquals(List.of("-a", "-b"), arguments.subList(arguments.size() - 2, arguments.size()));
    }

    private static boolean has(List<String> arguments, String option, String value) {
        return Collections.indexOfSubList(arguments, List.of(option, value)) >= 0;
    }

    private static List<String> after(List<String> arguments, String option) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i + 1 < arguments.size(); i++) {
            if (arguments.get(i).equals(option)) {
                values.add(arguments.get(i + 1));
            }
        }
        return values;
    }

    private static List<String> arguments(String file, int domid) {
        return arguments(XlConfigReader.parse(file, "test.cfg").config(), domid);
    }

    private static List<String> arguments(DomainConfig config, int domid) {
        MemoryPlan memory = config.hvm()
                .map(machine -> MemoryPlan.hvm(config, machine, PodPolicy.standard()))
                .orElseGet(() -> MemoryPlan.pvh(config, PodPolicy.standard(), Pages.of(1)));
        return arguments(config, memory, domid);
    }

    private static List<String> arguments(DomainConfig config, MemoryPlan memory, int domid) {
        return DevicePlan.of(
                        config,
                        memory,
                        HostInventory.assumed(SimulatedXen.create().host().firmware()))
                .qemu()
                .map(plan -> plan.with(QemuConfinement.NONE))
                .orElseGet(() -> new QemuPlan(
                        Path.of("qemu"), config, memory, List.of(), List.of(), List.of(), QemuConfinement.NONE))
                .arguments(domid, QemuFiles.STANDARD);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = QemuCommandLineTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
