// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.UsbDevice;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;

class XlConfigWriterTest {

    @Test
    void theTextHasOneForm() {
        DomainConfig config = DomainConfig.builder("guest")
                .kernel(Path.of("/boot/it's \"this\""))
                .commandLine("a\\b\tc")
                .memoryMib(256)
                .maxMemoryMib(512)
                .vcpus(1)
                .maxVcpus(2)
                .uuid(UUID.fromString("ed1f72a6-4b8e-4cb0-9e0d-0c1c2d3e4f50"))
                .build();
        assertEquals(
                """
                name = "guest"
                type = "pvh"
                uuid = "ed1f72a6-4b8e-4cb0-9e0d-0c1c2d3e4f50"
                kernel = "/boot/it's \\"this\\""
                cmdline = "a\\\\b\\tc"
                memory = 256
                maxmem = 512
                vcpus = 1
                maxvcpus = 2
                on_poweroff = "destroy"
                on_reboot = "restart"
                on_crash = "destroy"
                on_watchdog = "destroy"
                on_soft_reset = "soft-reset"
                """,
                XlConfigWriter.write(config));
    }

    @Test
    void anHvmGuestHasAllKeysOfItsMachine() {
        DomainConfig config = DomainConfig.builder("guest")
                .type(DomainType.HVM)
                .memoryMib(256)
                .disks(List.of(
                        DiskConfig.builder("xvda").target("/dev/vg/guest, old").build(),
                        DiskConfig.builder("hdc").cdrom().build()))
                .nics(List.of(NicConfig.builder()
                        .mac(new MacAddress("00:16:3e:00:00:01"))
                        .build()))
                .hvm(HvmConfig.builder()
                        .serial(List.of("pty"))
                        .usbDevices(List.of(UsbDevice.TABLET))
                        .graphics(GraphicsConfig.of(Vga.STDVGA)
                                .withVnc(new Vnc("::", 3, DisplayChoice.EXACT, Optional.of("secret"))))
                        .build())
                .build();
        assertEquals(
                """
                name = "guest"
                type = "hvm"
                memory = 256
                maxmem = 256
                vcpus = 1
                maxvcpus = 1
                on_poweroff = "destroy"
                on_reboot = "restart"
                on_crash = "destroy"
                on_watchdog = "destroy"
                on_soft_reset = "soft-reset"
                bios = "seabios"
                boot = "cda"
                pae = 1
                nx = 1
                apic = 1
                acpi = 1
                acpi_s3 = 1
                acpi_s4 = 1
                acpi_laptop_slate = 0
                hpet = 1
                vpt_align = 1
                xen_platform_pci = 1
                xen_platform_pci_bar_uc = 1
                hvm_pirq = 0
                nographic = 0
                usb = 0
                timer_mode = "no_delay_for_missed_ticks"
                tsc_mode = "default"
                vga = "stdvga"
                videoram = 16
                vnc = 1
                vnclisten = "[::]:3"
                vncunused = 0
                vncpasswd = "secret"
                serial = [
                    "pty",
                ]
                usbdevice = [
                    "tablet",
                ]
                disk = [
                    "vdev=xvda,format=raw,access=w,devtype=disk,discard,target=/dev/vg/guest, old",
                    "vdev=hdc,format=raw,access=r,devtype=cdrom,no-discard",
                ]
                vif = [
                    "mac=00:16:3e:00:00:01,bridge=xenbr0,model=rtl8139,mtu=1500",
                ]
                """,
                XlConfigWriter.write(config));
    }

    @Property(tries = 500, seed = "153", edgeCases = EdgeCasesMode.NONE)
    void aWrittenConfigurationIsReadBackEqual(@ForAll("configs") DomainConfig config) {
        XlConfigReader.Result result = XlConfigReader.parse(XlConfigWriter.write(config), "written");
        assertEquals(config, result.config());
        assertEquals(List.of(), result.warnings());
    }

    @Provide
    Arbitrary<DomainConfig> configs() {
        return ConfigArbitraries.configs();
    }
}
