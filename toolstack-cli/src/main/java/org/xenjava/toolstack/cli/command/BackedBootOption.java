// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import org.xenjava.toolstack.memory.BackedBoot;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** The option with the policy on lending pages to guests while they boot. */
public final class BackedBootOption {
    @Option(
            names = "--backed-boot",
            paramLabel = "full|off|SIZE",
            converter = Converter.class,
            description =
                    "back a populate-on-demand guest with host memory until its balloon driver has worked, so that"
                            + " no load can crash it: fully if the host can spare it (the default), not at all, or while all"
                            + " guests together are lent at most that much")
    private BackedBoot policy = BackedBoot.full();

    /** The chosen policy. */
    public BackedBoot policy() {
        return policy;
    }

    /** Reads {@code full}, {@code off} or a size. */
    static final class Converter implements ITypeConverter<BackedBoot> {
        @Override
        public BackedBoot convert(String text) {
            return switch (text) {
                case "full" -> BackedBoot.full();
                case "off" -> BackedBoot.off();
                default -> BackedBoot.upTo(new MemorySize().convert(text).toPages());
            };
        }
    }
}
