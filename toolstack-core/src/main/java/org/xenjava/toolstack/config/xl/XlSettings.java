// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.primitives.Ints;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.xl.XlSetting.Operator;
import org.xenjava.toolstack.config.xl.XlValue.Items;
import org.xenjava.toolstack.config.xl.XlValue.Text;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.ConfigProblem;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The settings of a file, by key and by the kind of value that xl expects. A value of another kind is reported with its
 * line and then treated as missing.
 */
final class XlSettings {
    private static final long GREATEST_MIB = KiB.of(Long.MAX_VALUE).toMiB();

    private static final Pattern WITH_UNIT = Pattern.compile("([0-9]{1,9}) ?([a-zA-Z]+)");

    private final Map<String, XlSetting> settings;
    private final XlDiagnostics diagnostics;

    /** A statement that could not be read may have set any key. */
    private final boolean everythingWasRead;

    private final Set<String> wrongKeys = new HashSet<>();

    /** @param diagnostics receives problems, beside those that the parser has reported already */
    XlSettings(Map<String, XlSetting> settings, XlDiagnostics diagnostics) {
        this.settings = settings;
        this.diagnostics = diagnostics;
        this.everythingWasRead = !diagnostics.hasErrors();
    }

    Collection<XlSetting> all() {
        return settings.values();
    }

    boolean has(String key) {
        return settings.containsKey(key);
    }

    /** The line of the key, from 1; 0 if the key is missing. */
    int line(String key) {
        XlSetting setting = settings.get(key);
        return setting == null ? XlDiagnostics.WHOLE_FILE : setting.line();
    }

    void complain(String key, String complaint) {
        wrongKeys.add(key);
        diagnostics.error(line(key), complaint);
    }

    /** Reports the key if it is missing. */
    void require(String key, String advice) {
        if (everythingWasRead && !has(key)) {
            complain(key, "'" + key + "' is missing" + advice);
        }
    }

    /** Makes a part of the configuration. If the part is invalid, reports each problem at the line of its keys. */
    <T> Optional<T> valid(Supplier<T> part) {
        try {
            return Optional.of(part.get());
        } catch (ConfigException e) {
            e.problems().forEach(this::report);
            return Optional.empty();
        }
    }

    /**
     * Reports the problem, unless one of its keys has been reported already: the second may only follow from the
     * first.
     */
    private void report(ConfigProblem problem) {
        List<String> keys = problem.keys();
        boolean mayBeInWhatWasNotRead = !everythingWasRead && !has(keys.get(0));
        if (Collections.disjoint(wrongKeys, keys) && !mayBeInWhatWasNotRead) {
            wrongKeys.add(keys.get(0));
            int line =
                    keys.stream().filter(this::has).findFirst().map(this::line).orElse(XlDiagnostics.WHOLE_FILE);
            diagnostics.error(line, problem.message());
        }
    }

    void warn(String key, String warning) {
        diagnostics.warn(line(key), warning);
    }

    Optional<String> text(String key) {
        Optional<XlValue> value = value(key);
        if (value.isPresent() && value.get() instanceof Items) {
            complain(key, "'" + key + "' is a list but should be a single value");
            return Optional.empty();
        }
        return value.map(one -> ((Text) one).text());
    }

    /** A text; as in libxl, an empty one is none. */
    Optional<String> filled(String key) {
        return text(key).filter(text -> !text.isEmpty());
    }

    OptionalLong number(String key) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (Objects.requireNonNull(settings.get(key)).operator() == Operator.APPEND) {
            complain(key, "'" + key + "' is a number, to which += adds nothing");
            return OptionalLong.empty();
        }
        OptionalLong number = new Text(text.get()).number();
        if (number.isEmpty()) {
            complain(key, "'" + key + "' is \"" + text.get() + "\", which is not a number" + hintAboutUnit(text.get()));
        }
        return number;
    }

    /** Advice on how to write a number that has a unit. */
    private static String hintAboutUnit(String text) {
        Matcher matcher = WITH_UNIT.matcher(text);
        if (!matcher.matches()) {
            return "";
        }
        String amount = matcher.group(1);
        return switch (matcher.group(2).toLowerCase(Locale.ROOT).charAt(0)) {
            case 'm' -> ": write " + amount + ", a number has no unit, and amounts of memory are in MiB";
            case 'g' ->
                ": write " + 1024 * Long.parseLong(amount) + ", a number has no unit, and amounts of memory are in MiB";
            default -> ": a number has no unit";
        };
    }

    /** A boolean of xl: any number but zero is true. */
    Optional<Boolean> truth(String key) {
        return number(key).stream().mapToObj(number -> number != 0).findAny();
    }

    /** The texts of a list; none if the key is missing. */
    List<String> texts(String key) {
        Optional<XlValue> value = value(key);
        if (value.isEmpty()) {
            return List.of();
        }
        if (!(value.get() instanceof Items list)) {
            complain(key, "'" + key + "' is a single value but should be a list");
            return List.of();
        }
        if (list.items().stream().anyMatch(Items.class::isInstance)) {
            complain(key, "'" + key + "' is a list with a list in it");
            return List.of();
        }
        return list.items().stream().map(item -> ((Text) item).text()).toList();
    }

    /** The lists of texts of a list of lists; none if the key is missing. */
    List<List<String>> lists(String key) {
        Optional<XlValue> value = value(key);
        if (value.isEmpty()) {
            return List.of();
        }
        List<XlValue> elements = value.get() instanceof Items list ? list.items() : List.of(value.get());
        List<List<String>> lists = new ArrayList<>();
        for (XlValue element : elements) {
            if (!(element instanceof Items inner) || inner.items().stream().anyMatch(Items.class::isInstance)) {
                complain(key, "'" + key + "' is not a list of lists of texts");
                return List.of();
            }
            lists.add(inner.items().stream().map(item -> ((Text) item).text()).toList());
        }
        return lists;
    }

    /** The texts of a list, or a single text. */
    List<String> textOrTexts(String key) {
        return isList(key) ? texts(key) : text(key).stream().toList();
    }

    boolean isList(String key) {
        return value(key).filter(Items.class::isInstance).isPresent();
    }

    /** A relative path is relative to the directory in which the process runs, as in xl; an empty one is none. */
    Optional<Path> file(String key) {
        return filled(key).flatMap(name -> {
            try {
                return Optional.of(Path.of(name));
            } catch (InvalidPathException e) {
                complain(key, "'" + key + "' is no path: " + e.getMessage());
                return Optional.empty();
            }
        });
    }

    /** A number that fits an int. */
    Optional<Integer> integer(String key) {
        OptionalLong number = number(key);
        if (number.isPresent() && Ints.saturatedCast(number.getAsLong()) != number.getAsLong()) {
            complain(key, "'" + key + "' is " + number.getAsLong() + ", which is far out of range");
            return Optional.empty();
        }
        return number.stream().mapToObj(Ints::saturatedCast).findAny();
    }

    /** An amount of memory, written as a number of MiB. */
    Optional<KiB> mib(String key) {
        OptionalLong mib = number(key);
        if (mib.isPresent() && (mib.getAsLong() < 0 || mib.getAsLong() > GREATEST_MIB)) {
            complain(key, "'" + key + "' is an amount of memory in MiB, not " + mib.getAsLong());
            return Optional.empty();
        }
        return mib.stream().mapToObj(KiB::ofMiB).findAny();
    }

    /** One of the words. */
    <E> Optional<E> word(String key, E[] values, Function<E, String> word) {
        return oneOf(key, values, word, Comparator.naturalOrder());
    }

    /** One of the words in any case, or its number, which is deprecated. */
    <E extends Enum<E>> Optional<E> mode(String key, E[] modes, Function<E, String> word) {
        Optional<E> numbered = text(key).map(Text::new).flatMap(text -> text.number().stream()
                .filter(number -> number >= 0 && number < modes.length)
                .mapToObj(number -> modes[(int) number])
                .findAny());
        numbered.ifPresent(
                mode -> warn(key, "a number for '" + key + "' is deprecated: write \"" + word.apply(mode) + '"'));
        return numbered.isPresent() || isList(key) ? numbered : wordInAnyCase(key, modes, word);
    }

    /** One of the words in any case, as xl reads libxl's enumerations. */
    <E> Optional<E> wordInAnyCase(String key, E[] values, Function<E, String> word) {
        return oneOf(key, values, word, String.CASE_INSENSITIVE_ORDER);
    }

    private <E> Optional<E> oneOf(String key, E[] values, Function<E, String> word, Comparator<String> order) {
        return text(key).flatMap(text -> {
            Optional<E> found = Arrays.stream(values)
                    .filter(value -> order.compare(word.apply(value), text) == 0)
                    .findAny();
            if (found.isEmpty()) {
                List<String> words = Arrays.stream(values).map(word).toList();
                complain(
                        key,
                        KeySuggestions.closest(text.toLowerCase(Locale.ROOT), words)
                                .map(meant -> "'" + key + "' is \"" + text + "\"; did you mean \"" + meant + "\"?")
                                .orElse("'" + key + "' is \"" + text + "\", not one of " + String.join(", ", words)));
            }
            return found;
        });
    }

    private Optional<XlValue> value(String key) {
        return Optional.ofNullable(settings.get(key)).map(XlSetting::value);
    }
}
