// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DomainConfig.Builder;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

class DomainConfigTest {

    @Test
    void moreMaxmemThanMemoryIsPopulateOnDemand() {
        assertFalse(pvh().memoryMib(256).build().populateOnDemand());
        assertFalse(pvh().memoryMib(256).maxMemoryMib(256).build().populateOnDemand());
        assertTrue(pvh().memoryMib(256).maxMemoryMib(257).build().populateOnDemand());
    }

    @Test
    void theBuilderFillsInDefaults() {
        DomainConfig config = pvh().memoryMib(256).maxVcpus(4).build();
        assertEquals(4, config.vcpus());
        assertEquals(3, pvh().memoryMib(256).vcpus(3).build().maxVcpus());
        assertEquals(config.memory(), config.maxMemory());
    }

    @Test
    void toBuilderKeepsEverything() {
        DomainConfig config = pvh().ramdisk(Path.of("r"))
                .commandLine("c")
                .memoryMib(1)
                .maxMemoryMib(2)
                .vcpus(3)
                .maxVcpus(4)
                .uuid(new UUID(1, 2))
                .lifecycle(new Lifecycle(
                        LifecycleAction.PRESERVE, LifecycleAction.DESTROY, LifecycleAction.RENAME_RESTART))
                .build();
        assertEquals(config, config.toBuilder().build());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HVM | RDM          | host | rdm is strategy=host, with or without policy=strict or relaxed, not 'host'",
                "PVH | RDM          | strategy=host | rdm is no key of PVH guests",
                "PVH | PASSTHROUGH  | disabled | passthrough is enabled, sync_pt or share_pt, not 'disabled'",
                "PVH | PVSHIM       | 0 | pvshim is 1, not '0'",
                "PV  | PVSHIM       | 1 | pvshim is no key of PV guests",
                "HVM | ACPI         | 0 | acpi is no key of HVM guests",
            })
    void aDescribedKeyHasItsValuesAndItsGuests(DomainType type, DescribedKey key, String value, String complaint) {
        Builder builder = pvh().memoryMib(256).type(type).describedKeys(Map.of(key, value));
        ConfigException e = assertThrows(ConfigException.class, builder::build);
        assertEquals("domain x: " + complaint, e.getMessage());
        assertEquals(key.key(), e.problems().get(0).keys().get(0));
    }

    @Test
    void anArgumentOfQemuHasNoNul() {
        ConfigException e = assertThrows(
                ConfigException.class,
                () -> new DeviceModel(Optional.empty(), List.of("a\0b"), Optional.empty(), Optional.empty()));
        assertEquals(
                List.of("device_model_args", "device_model_args_hvm", "device_model_args_pv"),
                e.problems().get(0).keys());
    }

    @Test
    void allErrorsOfAConfigurationAreReportedTogether() {
        Builder builder =
                DomainConfig.builder("17").memory(KiB.of(5000)).vcpus(200).commandLine("\0");
        assertEquals(
                "domain 17: memory is whole MiB, not 5000 KiB; a domain's name is not a number, which would be a domid: "
                        + "'17'; a PVH guest needs a kernel; "
                        + "a command line ends at its first NUL character, so it has none inside; "
                        + "vcpus is 1 … 128, not 200",
                assertThrows(ConfigException.class, builder::build).getMessage());
    }

    @Test
    void aNumberOfMibThatNoAmountOfMemoryHoldsIsRefusedByName() {
        assertEquals(
                "memory is an amount of memory in MiB, not " + Long.MAX_VALUE,
                assertThrows(ConfigException.class, () -> pvh().memoryMib(Long.MAX_VALUE))
                        .getMessage());
        assertEquals(
                "maxmem is an amount of memory in MiB, not -1",
                assertThrows(ConfigException.class, () -> pvh().maxMemoryMib(-1))
                        .getMessage());
    }

    @Test
    void theLargestGuestIsAllowed() {
        long mib = MemorySizes.MAXIMUM.toMiB();
        DomainConfig config = pvh().memoryMib(mib).vcpus(DomainConfig.MAX_VCPUS).build();
        assertEquals(16L << 20, config.memory().toMiB());
        assertThrows(ConfigException.class, pvh().memoryMib(mib + 1)::build);
    }

    private static Builder pvh() {
        return DomainConfig.builder("x").kernel(Path.of("k"));
    }
}
