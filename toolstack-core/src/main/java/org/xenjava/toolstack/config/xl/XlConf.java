// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.error.ConfigException;

/**
 * The settings of xl.conf(5) that this library follows; all others are ignored.
 *
 * @param autoballoon whether domain 0 shrinks for new guests
 * @param lockFile the file that xl locks while it builds a guest, if the file names one
 */
public record XlConf(Autoballoon autoballoon, Optional<Path> lockFile) {
    /** The file of Xen's packages. */
    public static final Path STANDARD = Path.of("/etc/xen/xl.conf");

    /** xl's settings without a file. */
    public static final XlConf DEFAULT = new XlConf(Autoballoon.AUTO, Optional.empty());

    /** Values of {@code autoballoon}. */
    public enum Autoballoon {
        /** Domain 0 shrinks unless its size is fixed on Xen's command line. */
        AUTO,
        /** Domain 0 shrinks. */
        ON,
        /** Domain 0 keeps its size. */
        OFF
    }

    /**
     * {@return the settings of a file; the defaults if there is none}
     *
     * @param file path of the file
     * @throws ConfigException if it cannot be read, or its value of a setting has no meaning
     */
    public static XlConf read(Path file) {
        try {
            return parse(Files.readString(file), file.toString());
        } catch (NoSuchFileException e) {
            return DEFAULT;
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    static XlConf parse(String text, String file) {
        XlDiagnostics diagnostics = new XlDiagnostics(file);
        Map<String, XlSetting> settings = XlParser.parse(text, diagnostics);
        Autoballoon autoballoon = text(settings, "autoballoon")
                .map(setting -> autoballoon(setting, diagnostics))
                .orElse(Autoballoon.AUTO);
        Optional<Path> lockFile = text(settings, "lockfile").map(XlConf::text).map(Path::of);
        if (diagnostics.hasErrors()) {
            throw diagnostics.exception();
        }
        return new XlConf(autoballoon, lockFile);
    }

    private static Autoballoon autoballoon(XlSetting setting, XlDiagnostics diagnostics) {
        String word = text(setting);
        return switch (word) {
            case "auto" -> Autoballoon.AUTO;
            case "on", "1" -> Autoballoon.ON;
            case "off", "0" -> Autoballoon.OFF;
            default -> {
                diagnostics.error(setting.line(), "autoballoon is auto, on or off, not '" + word + "'");
                yield Autoballoon.AUTO;
            }
        };
    }

    private static Optional<XlSetting> text(Map<String, XlSetting> settings, String key) {
        return Optional.ofNullable(settings.get(key)).filter(setting -> setting.value() instanceof XlValue.Text);
    }

    private static String text(XlSetting setting) {
        return ((XlValue.Text) setting.value()).text();
    }
}
