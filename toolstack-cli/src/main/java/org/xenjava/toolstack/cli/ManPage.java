// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The help of all commands as a page of man(7). */
final class ManPage {
    private static final int FIRST_BEYOND_ASCII = 0x80;

    private final List<String> lines = new ArrayList<>();

    private ManPage() {}

    /** The lines of the page of a program with commands. */
    static List<String> of(CommandSpec program) {
        ManPage page = new ManPage();
        page.write(program);
        return List.copyOf(page.lines);
    }

    private void write(CommandSpec program) {
        String name = program.name();
        UsageMessageSpec usage = program.usageMessage();
        macro("TH", name.toUpperCase(Locale.ROOT), "1", "", Version.text(), "Xen");
        macro("SH", "NAME");
        text(name + " - manage Xen guests");
        macro("SH", "SYNOPSIS");
        lines.add(".B " + name);
        text("[OPTIONS] COMMAND [ARGUMENTS]");
        macro("SH", "DESCRIPTION");
        paragraphs(usage.description());
        macro("SH", "OPTIONS");
        program.options().stream().filter(option -> !option.hidden()).forEach(this::option);
        macro("SH", "COMMANDS");
        program.subcommands().forEach(this::command);
        macro("SH", "EXIT STATUS");
        statuses(usage.exitCodeList());
        macro("SH", "SEE ALSO");
        text("xl(1), xl.cfg(5)");
    }

    private void command(String name, CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        macro("SS", name + synopsis(spec));
        paragraphs(spec.usageMessage().description());
        spec.positionalParameters().stream()
                .filter(parameter -> !parameter.hidden())
                .forEach(this::parameter);
        spec.options().stream()
                .filter(option -> !option.hidden() && !option.inherited())
                .forEach(this::option);
        statuses(spec.usageMessage().exitCodeList());
    }

    private static String synopsis(CommandSpec spec) {
        boolean options = spec.options().stream().anyMatch(option -> !option.hidden() && !option.inherited());
        return (options ? " [OPTIONS]" : "")
                + spec.positionalParameters().stream()
                        .map(ManPage::notation)
                        .map(word -> " " + word)
                        .collect(Collectors.joining());
    }

    private static String notation(PositionalParamSpec parameter) {
        String word = parameter.paramLabel() + (parameter.arity().max() > 1 ? "..." : "");
        return parameter.arity().min() == 0 ? "[" + word + "]" : word;
    }

    private void option(OptionSpec option) {
        String names = String.join(", ", option.names());
        tagged(option.arity().max() == 0 ? names : names + " " + option.paramLabel(), option.description());
    }

    private void parameter(PositionalParamSpec parameter) {
        tagged(parameter.paramLabel(), parameter.description());
    }

    private void statuses(Map<String, String> statuses) {
        statuses.forEach((status, meaning) -> tagged(status, meaning));
    }

    private void tagged(String tag, String... description) {
        macro("TP");
        lines.add(".B " + escaped(tag));
        text(String.join(" ", description));
    }

    private void paragraphs(String... paragraphs) {
        Arrays.stream(paragraphs).forEach(paragraph -> {
            macro("PP");
            text(paragraph);
        });
    }

    private void macro(String name, String... arguments) {
        lines.add("." + name
                + Arrays.stream(arguments)
                        .map(argument -> " \"" + escaped(argument).replace("\"", "\\(dq") + "\"")
                        .collect(Collectors.joining()));
    }

    /** A line of text. A dot or an apostrophe at its start would be a request of roff. */
    private void text(String line) {
        String escaped = escaped(line);
        lines.add(escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped);
    }

    /**
     * Escapes what is special in roff: the backslash, the hyphen, which would become typographic, and characters that are
     * not ASCII.
     */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars().forEach(c -> {
            switch (c) {
                case '\\' -> escaped.append("\\e");
                case '-' -> escaped.append("\\-");
                default -> {
                    if (c < FIRST_BEYOND_ASCII) {
                        escaped.append((char) c);
                    } else {
                        escaped.append(String.format("\\[u%04X]", c));
                    }
                }
            }
        });
        return escaped.toString();
    }
}
