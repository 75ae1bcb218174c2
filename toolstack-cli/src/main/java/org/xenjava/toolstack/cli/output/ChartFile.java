// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An image file to write, of the format that its name says. Only {@link ChartWriter} needs a graphics library, and is
 * loaded only to draw a chart.
 */
public record ChartFile(Path path, Format format) {
    /** Kinds of image files. */
    public enum Format {
        SVG,
        PNG;

        private boolean isOf(String name) {
            return name.toLowerCase(Locale.ROOT).endsWith("." + name().toLowerCase(Locale.ROOT));
        }
    }

    /** Reads the name of a file from an argument. */
    public static final class Converter implements ITypeConverter<ChartFile> {
        @Override
        public ChartFile convert(String name) {
            for (Format format : Format.values()) {
                if (format.isOf(name)) {
                    return new ChartFile(Path.of(name), format);
                }
            }
            throw new TypeConversionException("'" + name + "' is neither an .svg nor a .png file");
        }
    }
}
