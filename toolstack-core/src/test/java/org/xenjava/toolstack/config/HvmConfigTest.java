// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig.UsbDevice;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

class HvmConfigTest {

    @Test
    void anHvmGuestHasXlsDefaultMachineAndNoOtherGuestHasOne() {
        DomainConfig hvm =
                DomainConfig.builder("x").type(DomainType.HVM).memoryMib(256).build();
        assertEquals(Optional.of(HvmConfig.DEFAULT), hvm.hvm());
        assertEquals(KiB.ofMiB(8), hvm.videoRam());
        assertEquals(hvm, hvm.toBuilder().build());
        DomainConfig.Builder pvh =
                DomainConfig.builder("x").kernel(Path.of("/k")).memoryMib(256);
        assertEquals(Optional.empty(), pvh.build().hvm());
        assertEquals(KiB.of(0), pvh.build().videoRam());
        assertEquals(
                "domain x: an HVM guest has an HVM machine, and no other guest has one",
                assertThrows(ConfigException.class, pvh.hvm(HvmConfig.DEFAULT)::build)
                        .getMessage());
    }

    @Test
    void theDefaultFeaturesAreAllButFour() {
        assertEquals(
                EnumSet.complementOf(EnumSet.of(
                        HvmFeature.ACPI_LAPTOP_SLATE, HvmFeature.HVM_PIRQ, HvmFeature.NOGRAPHIC, HvmFeature.USB)),
                HvmFeature.DEFAULTS);
    }

    @Test
    void aUsbDeviceBringsItsController() {
        assertFalse(HvmConfig.DEFAULT.hasUsbController());
        assertTrue(HvmConfig.builder()
                .usbDevices(List.of(UsbDevice.TABLET))
                .build()
                .hasUsbController());
        assertTrue(HvmConfig.builder().features(Set.of(HvmFeature.USB)).build().hasUsbController());
    }

    @ParameterizedTest
    @CsvSource({"NONE, 0", "CIRRUS, 8", "STDVGA, 16", "QXL, 128"})
    void aCardHasLibxlsLeastVideoRamByDefault(Vga vga, long mib) {
        assertEquals(KiB.ofMiB(mib), GraphicsConfig.of(vga).videoRam());
    }

    @ParameterizedTest
    @CsvSource({
        "NONE,   8,    without a graphics card there is no video RAM",
        "CIRRUS, 4,    'videoram of cirrus is a power of two, 8 … 512 MiB, not 4 MiB'",
        "STDVGA, 20,   'videoram of stdvga is a power of two, 16 … 512 MiB, not 20 MiB'",
        "QXL,    64,   'videoram of qxl is a power of two, 128 … 512 MiB, not 64 MiB'",
        "STDVGA, 1024, 'videoram of stdvga is a power of two, 16 … 512 MiB, not 1024 MiB'",
    })
    void videoRamThatQemuWouldNotTakeIsRefused(Vga vga, long mib, String error) {
        GraphicsConfig graphics = GraphicsConfig.of(vga);
        assertEquals(
                error,
                assertThrows(ConfigException.class, () -> graphics.withVideoRam(KiB.ofMiB(mib)))
                        .getMessage());
    }

    @Test
    void videoRamIsAPartOfTheMemoryAndNotAllOfIt() {
        HvmConfig machine = HvmConfig.builder()
                .graphics(GraphicsConfig.of(Vga.QXL).withVideoRam(KiB.ofMiB(512)))
                .build();
        DomainConfig.Builder guest =
                DomainConfig.builder("x").type(DomainType.HVM).hvm(machine).maxMemoryMib(1024);
        assertEquals(KiB.ofMiB(512), guest.memoryMib(513).build().videoRam());
        assertEquals(
                "domain x: memory (512 MiB) leaves nothing beside 512 MiB of video RAM",
                assertThrows(ConfigException.class, guest.memoryMib(512)::build).getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "host.example"})
    void otherMachinesSeeTheScreenOnlyWithAPassword(String listen) {
        assertEquals(
                "VNC on " + listen + ", where other machines reach it, needs a password: vncpasswd",
                assertThrows(ConfigException.class, () -> vnc(listen, 0, Optional.empty()))
                        .getMessage());
        assertEquals(listen, vnc(listen, 0, Optional.of("secret")).listen());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
    void theLocalMachineSeesTheScreenWithoutAPassword(String listen) {
        assertEquals(listen, vnc(listen, 0, Optional.empty()).listen());
    }

    @Test
    void anImpossibleVncServerIsRefused() {
        assertThrows(ConfigException.class, () -> vnc("127.0.0.1", -1, Optional.empty()));
        assertThrows(ConfigException.class, () -> vnc("127.0.0.1", 59_636, Optional.empty()));
        assertThrows(ConfigException.class, () -> vnc("127.0.0.1", 0, Optional.of("")));
        assertThrows(ConfigException.class, () -> vnc("127.0.0.1,to=9", 0, Optional.of("secret")));
        assertThrows(ConfigException.class, () -> vnc("", 0, Optional.of("secret")));
        assertEquals(
                65_535,
                Vnc.FIRST_PORT + vnc("127.0.0.1", 59_635, Optional.empty()).display());
    }

    @Test
    void aPasswordIsNotShown() {
        assertEquals(
                "Vnc[listen=::, display=0, choice=EXACT, password=set]",
                vnc("::", 0, Optional.of("secret")).toString());
        HvmConfig machine = HvmConfig.builder()
                .graphics(GraphicsConfig.DEFAULT.withVnc(vnc("::", 0, Optional.of("secret"))))
                .build();
        assertFalse(machine.toString().contains("secret"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cc", "x", "C", "c,d"})
    void aBootOrderOfOtherLettersOrWithOneTwiceIsRefused(String boot) {
        assertThrows(ConfigException.class, HvmConfig.builder().boot(boot)::build);
    }

    @Test
    void anImpossibleMachineIsRefused() {
        assertThrows(ConfigException.class, HvmConfig.builder().viridian(Set.of(ViridianFeature.FREQ))::build);
        assertThrows(ConfigException.class, HvmConfig.builder().mmioHole(KiB.ofMiB(255))::build);
        assertThrows(ConfigException.class, HvmConfig.builder().mmioHole(KiB.ofMiB(3841))::build);
        assertThrows(ConfigException.class, HvmConfig.builder().mmioHole(KiB.of(256 * 1024 + 1))::build);
        assertThrows(ConfigException.class, HvmConfig.builder().serial(List.of("pty", ""))::build);
        assertThrows(
                ConfigException.class,
                () -> new DeviceModel(Optional.empty(), List.of("a\0b"), Optional.empty(), Optional.empty()));
        assertThrows(
                ConfigException.class,
                () -> new DeviceModel(Optional.of(Path.of("")), List.of(), Optional.empty(), Optional.empty()));
        assertThrows(
                ConfigException.class,
                () -> new GraphicsConfig(Vga.NONE, KiB.ZERO, Optional.empty(), Optional.of("de,x=y")));
    }

    private static Vnc vnc(String listen, int display, Optional<String> password) {
        return new Vnc(listen, display, DisplayChoice.EXACT, password);
    }
}
