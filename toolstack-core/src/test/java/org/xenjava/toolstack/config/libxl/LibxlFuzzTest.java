// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.PlatformConfig;
import org.xenjava.toolstack.config.PlatformConfig.GenerationId;
import org.xenjava.toolstack.config.xl.ConfigArbitraries;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.fuzz.Fuzz;

/** A text is read or refused, and a configuration that is written means the same when it is read. */
class LibxlFuzzTest {
    @Provide
    Arbitrary<String> texts() {
        return Fuzz.damagedTexts(List.of(
                LibxlConfigTest.text("hvm-rich.json"),
                LibxlConfigTest.text("hvm-rich2.json"),
                LibxlConfigTest.text("pvh-devs.json"),
                LibxlConfigTest.text("xl-create/hvm-rdm1.json"),
                LibxlConfigTest.text("xl-create/hvm-dtdev.json"),
                LibxlConfigTest.text("xl-create/hvm-sec1.json"),
                LibxlConfigTest.text("h1-pvh-pod-256-512-vcpus4.json")));
    }

    @Provide
    Arbitrary<DomainConfig> configs() {
        return ConfigArbitraries.configs();
    }

    @Property(seed = "153")
    void textsAreReadOrRefused(@ForAll("texts") String text) {
        Fuzz.attempt(
                () -> {
                    LibxlConfig config = LibxlConfig.parse(text, "fuzz");
                    config.withDisk(DiskConfig.builder("xvdb").target("/d").build())
                            .withoutNic(0)
                            .text();
                    config.read();
                },
                ConfigException.class);
    }

    @Property(seed = "153", tries = 300)
    void aWrittenConfigurationMeansTheSame(@ForAll("configs") DomainConfig config) {
        LibxlConfig written = LibxlConfig.of(config);
        LibxlConfig parsed = LibxlConfig.parse(written.text() + "\0", "written");
        LibxlConfig.Reading reading = parsed.read();
        assertEquals(List.of(), reading.ignored());
        assertEquals(comparable(config), comparable(reading.config()));
        assertEquals(written.text(), LibxlConfig.of(reading.config()).text());
    }

    /**
     * libxl stores the type of each network card, of a rate only the credit of an interval, and a generation ID only once
     * it is decided.
     */
    private static DomainConfig comparable(DomainConfig config) {
        DomainConfig.Builder builder = config.toBuilder();
        config.hvm()
                .filter(machine -> machine.platform().generation() instanceof GenerationId.Random)
                .ifPresent(machine -> builder.hvm(new HvmConfig(
                        machine.firmware(),
                        machine.boot(),
                        machine.features(),
                        machine.viridian(),
                        machine.mmioHole(),
                        machine.serial(),
                        machine.usbDevices(),
                        machine.graphics(),
                        new PlatformConfig(
                                machine.platform().smbios(),
                                new GenerationId.None(),
                                machine.platform().machineChecks(),
                                machine.platform().vendorDevice()),
                        machine.peripherals())));
        return builder.nics(config.nics().stream()
                        .map(nic -> withoutRate(nic.withType(nic.typeIn(config.type()))))
                        .toList())
                .build();
    }

    private static NicConfig withoutRate(NicConfig nic) {
        return new NicConfig(
                nic.mac(),
                nic.bridge(),
                nic.type(),
                nic.model(),
                nic.script(),
                nic.vifName(),
                nic.ip(),
                nic.gatewayDevice(),
                nic.mtu(),
                Optional.empty(),
                nic.trust(),
                nic.devid(),
                nic.backendDomain());
    }
}
