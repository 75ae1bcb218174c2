// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.arbitraries.StringArbitrary;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig.Builder;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;

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
                """,
                XlConfigWriter.write(config));
    }

    @Property(tries = 2000, seed = "153", edgeCases = EdgeCasesMode.NONE)
    void whatIsWrittenReadsAsItWas(@ForAll("configs") DomainConfig config) {
        XlConfigReader.Result result = XlConfigReader.parse(XlConfigWriter.write(config), "written");
        assertEquals(config, result.config());
        assertEquals(List.of(), result.warnings());
    }

    @Provide
    Arbitrary<DomainConfig> configs() {
        Arbitrary<Builder> pvh = named(DomainType.PVH, true);
        Arbitrary<Builder> hvm = Arbitraries.of(true, false).flatMap(direct -> named(DomainType.HVM, direct));
        Arbitrary<Builder> named = Arbitraries.oneOf(pvh, hvm);
        Arbitrary<Long> mib = Arbitraries.longs().between(9, DomainConfig.MAX_MEMORY_KIB / 1024);
        Arbitrary<Integer> vcpus = Arbitraries.integers().between(1, DomainConfig.MAX_VCPUS);
        Arbitrary<LifecycleAction> action = Arbitraries.of(LifecycleAction.class);
        Arbitrary<UUID> uuid =
                Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(UUID::new);
        return Combinators.combine(
                        named,
                        mib.tuple2(),
                        vcpus.tuple2(),
                        Combinators.combine(action, action, action).as(Lifecycle::new),
                        uuid.optional())
                .as((builder, memory, cpus, lifecycle, id) -> {
                    id.ifPresent(builder::uuid);
                    return builder.memoryMib(Math.min(memory.get1(), memory.get2()))
                            .maxMemoryMib(Math.max(memory.get1(), memory.get2()))
                            .vcpus(Math.min(cpus.get1(), cpus.get2()))
                            .maxVcpus(Math.max(cpus.get1(), cpus.get2()))
                            .lifecycle(lifecycle)
                            .build();
                });
    }

    private static Arbitrary<Builder> named(DomainType type, boolean direct) {
        Arbitrary<String> name = text().ofMinLength(1).ofMaxLength(255).filter(text -> DomainRules.ofName(text)
                .isEmpty());
        // Not every locale has more than ASCII in paths.
        Arbitrary<Path> file = text().ascii().excludeChars('\0').ofMaxLength(50).map(text -> Path.of("/" + text));
        if (!direct) {
            return name.map(text -> DomainConfig.builder(text).type(type));
        }
        return Combinators.combine(name, file, file.optional(), text().ofMaxLength(200))
                .as((text, kernel, ramdisk, commandLine) -> {
                    Builder builder =
                            DomainConfig.builder(text).type(type).kernel(kernel).commandLine(commandLine);
                    ramdisk.ifPresent(builder::ramdisk);
                    return builder;
                });
    }

    /** Quotes, backslashes and control characters are likely; NUL does not occur. */
    private static StringArbitrary text() {
        return Arbitraries.strings()
                .withChars("\"'\\#;[],=+ \n\r\t\u0007\b\f\u000B\u001B\u007F")
                .withCharRange(' ', '~')
                .withCharRange('\u0001', '\uD7FF');
    }
}
