// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.migrate.MigrationProtocol;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The options with the protocol of a migration. */
final class ProtocolOption {
    /** The name of xl, whose receiver has one protocol. */
    private static final String XL = "xl";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--protocol",
            paramLabel = "auto|xl|own",
            converter = Converter.class,
            description =
                    "auto (default): xlj's own protocol if the receiver is xlj's, otherwise xl's; own, xl: only that one."
                            + " xlj's own has checksums and sends no pages of zeroes")
    private MigrationProtocol protocol = MigrationProtocol.AUTO;

    @Option(names = "--compress", description = "compress pages with zstd, for slow links; the receiver must be xlj's")
    private boolean compressed;

    /** The chosen protocol. */
    MigrationProtocol protocol(String receiver) {
        if (compressed) {
            if (protocol == MigrationProtocol.XL) {
                throw new ParameterException(
                        spec.commandLine(), "--compress: xl's protocol has no compression; leave --protocol out");
            }
            return MigrationProtocol.OWN_COMPRESSED;
        }
        boolean isXl = receiver.equals(XL) || receiver.endsWith("/" + XL);
        return isXl && protocol == MigrationProtocol.AUTO ? MigrationProtocol.XL : protocol;
    }

    /** Reads the name of a protocol. */
    static final class Converter implements ITypeConverter<MigrationProtocol> {
        @Override
        public MigrationProtocol convert(String text) {
            return switch (text) {
                case "auto" -> MigrationProtocol.AUTO;
                case XL -> MigrationProtocol.XL;
                case "own" -> MigrationProtocol.OWN;
                default -> throw new TypeConversionException("'" + text + "' is not auto, xl or own");
            };
        }
    }
}
