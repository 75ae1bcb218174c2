// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;

/** A line of which parts have a style. The text of a part is escaped; its style is the program's. */
public final class StyledLine {
    /** No style. */
    private static final String PLAIN = "";

    private final List<Part> parts = new ArrayList<>();

    private record Part(String style, String text) {}

    public StyledLine plain(String text) {
        return styled(PLAIN, text);
    }

    /** @param style in picocli's words, such as {@code bold,red} */
    public StyledLine styled(String style, String text) {
        parts.add(new Part(style, text));
        return this;
    }

    /** The line without its styles. */
    @Override
    public String toString() {
        return render(Ansi.OFF);
    }

    /** The line with its styles, without blanks at the end. */
    String render(Ansi ansi) {
        return parts.stream()
                .map(part -> render(part, ansi))
                .collect(Collectors.joining())
                .stripTrailing();
    }

    private static String render(Part part, Ansi ansi) {
        String text = Escape.line(part.text());
        if (part.style().equals(PLAIN) || !ansi.enabled()) {
            return text;
        }
        Ansi.IStyle[] styles = Ansi.Style.parse(part.style());
        return Ansi.Style.on(styles) + text + Ansi.Style.off(styles);
    }
}
