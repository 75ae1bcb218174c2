// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.lang3.StringUtils;
import org.xenjava.toolstack.config.xl.XlConfigReader.Warning;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.text.Visible;

/** Collects the errors and warnings of a file so that they are reported together. */
final class XlDiagnostics {
    /** The line number of a problem of the whole file, such as a missing key. */
    static final int WHOLE_FILE = 0;

    private static final int LONGEST_MESSAGE = 400;

    private static final Comparator<Warning> BY_LINE = Comparator.comparingInt(Warning::line);

    private final String file;
    private final List<Warning> errors = new ArrayList<>();
    private final List<Warning> warnings = new ArrayList<>();

    XlDiagnostics(String file) {
        this.file = file;
    }

    void error(int line, String message) {
        errors.add(finding(line, message));
    }

    void warn(int line, String message) {
        warnings.add(finding(line, message));
    }

    boolean hasErrors() {
        return !errors.isEmpty();
    }

    /** The warnings, by line. */
    List<Warning> warnings() {
        return warnings.stream().sorted(BY_LINE).toList();
    }

    /** One exception for all errors, with one line for each, in the order of the file. */
    ConfigException exception() {
        return new ConfigException(
                errors.stream().sorted(BY_LINE).map(Warning::toString).collect(Collectors.joining("\n")));
    }

    /** Messages quote the file, so invisible characters are escaped and the length is limited. */
    private Warning finding(int line, String message) {
        return new Warning(file, line, StringUtils.abbreviateMiddle(Visible.text(message), "…", LONGEST_MESSAGE));
    }
}
