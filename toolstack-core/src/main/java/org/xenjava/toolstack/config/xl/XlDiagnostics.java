// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.base.CharMatcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.xl.XlConfigReader.Warning;
import org.xenjava.toolstack.error.ConfigException;

/** What a file's reading has found so far: errors, of which none is the last one to be told, and warnings. */
final class XlDiagnostics {
    /** The line of what concerns the whole file, such as a missing key. */
    static final int WHOLE_FILE = 0;

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

    /** By line. */
    List<Warning> warnings() {
        return warnings.stream().sorted(BY_LINE).toList();
    }

    /** All errors in one, by line, each on a line of the message. */
    ConfigException exception() {
        return new ConfigException(
                errors.stream().sorted(BY_LINE).map(Warning::toString).collect(Collectors.joining("\n")));
    }

    /** A message quotes the file, and what a terminal takes for a command must not come through. */
    private Warning finding(int line, String message) {
        return new Warning(file, line, CharMatcher.javaIsoControl().replaceFrom(message, '?'));
    }
}
