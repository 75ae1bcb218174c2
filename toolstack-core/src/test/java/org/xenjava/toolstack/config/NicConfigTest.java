// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.NicConfig.Rate;
import org.xenjava.toolstack.config.NicConfig.Type;
import org.xenjava.toolstack.error.ConfigException;

class NicConfigTest {

    @Test
    void onlyAnHvmGuestHasAnEmulatedCardByDefault() {
        assertEquals(Type.IOEMU, NicConfig.builder().build().typeIn(DomainType.HVM));
        assertEquals(Type.VIF, NicConfig.builder().build().typeIn(DomainType.PVH));
        assertEquals(Type.VIF, NicConfig.builder().type(Type.VIF).build().typeIn(DomainType.HVM));
        DomainConfig.Builder guest = DomainConfig.builder("x")
                .kernel(Path.of("/k"))
                .memoryMib(256)
                .nics(List.of(NicConfig.builder().type(Type.IOEMU).build()));
        assertEquals(
                "domain x: only an HVM guest has an emulated network card: type=ioemu",
                assertThrows(ConfigException.class, guest::build).getMessage());
        assertEquals(1, guest.type(DomainType.HVM).build().nics().size());
    }

    @Test
    void twoCardsOfAGuestHaveTwoAddresses() {
        NicConfig nic =
                NicConfig.builder().mac(new MacAddress("00:16:3E:00:00:01")).build();
        DomainConfig.Builder guest =
                DomainConfig.builder("x").kernel(Path.of("/k")).memoryMib(256).nics(List.of(nic, nic));
        assertEquals(
                "domain x: two network cards are 00:16:3e:00:00:01",
                assertThrows(ConfigException.class, guest::build).getMessage());
    }

    @Test
    void aDeviceThatNoHostCanAttachIsRefused() {
        Stream.of(
                        NicConfig.builder().bridge(""),
                        NicConfig.builder().bridge("a-name-of-16-char"),
                        NicConfig.builder().vifName("a/b"),
                        NicConfig.builder().gatewayDevice("a b"),
                        NicConfig.builder().model("e1000,x=y"),
                        NicConfig.builder().model(""),
                        NicConfig.builder().script("a,b"),
                        NicConfig.builder().ip("\n"),
                        NicConfig.builder().mtu(67),
                        NicConfig.builder().mtu(65_536))
                .forEach(nic -> assertThrows(ConfigException.class, nic::build));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00:16:3e:00:00",
                "00-16-3e-00-00-01",
                "0:16:3e:0:0:1",
                "00:00:00:00:00:00",
                "01:00:5e:00:00:01",
                "ff:ff:ff:ff:ff:ff"
            })
    void whatIsNoAddressOfACardIsRefused(String text) {
        assertThrows(ConfigException.class, () -> new MacAddress(text));
    }

    @Test
    void aRandomAddressIsOfXensRange() {
        Random random = new Random(1);
        List<MacAddress> some =
                Stream.generate(() -> MacAddress.random(random)).limit(1000).toList();
        assertTrue(some.stream().allMatch(mac -> mac.text().matches("00:16:3e:[0-7][0-9a-f](:[0-9a-f]{2}){2}")));
        assertTrue(some.stream().distinct().count() > 990);
    }

    @ParameterizedTest
    @CsvSource({
        "1,                   50000,      0",
        "1250000,             50000,      62500",
        "1000000,             20000,      20000",
        "4294967295000000000, 4,          17179869180000",
        "4294967295,          4294967295, 18446744065119",
    })
    void theCreditOfARateIsRoundedDown(long bytesPerSecond, long intervalMicros, long bytesPerInterval) {
        assertEquals(bytesPerInterval, new Rate(bytesPerSecond, intervalMicros).bytesPerInterval());
    }

    @ParameterizedTest
    @CsvSource({
        "0,                   50000",
        "-1,                  50000",
        "4294967296,          50000",
        "4294967295000000001, 1",
        "5000000000000000000, 1",
        "4294967295000000000, 5",
        "1,                   0",
        "1,                   4294967296",
    })
    void aRateThatXlHasNoWordsForIsRefused(long bytesPerSecond, long intervalMicros) {
        assertThrows(ConfigException.class, () -> new Rate(bytesPerSecond, intervalMicros));
    }
}
