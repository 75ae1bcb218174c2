// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.xenjava.toolstack.config.XlSetting.Operator;
import org.xenjava.toolstack.config.XlValue.Items;
import org.xenjava.toolstack.config.XlValue.Text;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The settings of a file, asked for by key and by what xl takes the value for. A value that is none of that is reported
 * with its line, and then as good as missing.
 */
final class XlSettings {
    private final Map<String, XlSetting> settings;
    private final XlDiagnostics findings;

    XlSettings(Map<String, XlSetting> settings, XlDiagnostics findings) {
        this.settings = settings;
        this.findings = findings;
    }

    boolean has(String key) {
        return settings.containsKey(key);
    }

    /** From 1; 0, the whole file's, if the key is missing. */
    int line(String key) {
        XlSetting setting = settings.get(key);
        return setting == null ? XlDiagnostics.WHOLE_FILE : setting.line();
    }

    void complain(String key, String complaint) {
        findings.error(line(key), complaint);
    }

    void warn(String key, String warning) {
        findings.warn(line(key), warning);
    }

    Optional<String> text(String key) {
        Optional<XlValue> value = value(key);
        if (value.isPresent() && value.get() instanceof Items) {
            complain(key, "'" + key + "' is a list but should be a single value");
            return Optional.empty();
        }
        return value.map(one -> ((Text) one).text());
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
            complain(key, "'" + key + "' is \"" + text.get() + "\", which is not a number");
        }
        return number;
    }

    /** xl's truth: any number but zero. */
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

    /** The texts of a list, or a single one, for keys that began as one. */
    List<String> textOrTexts(String key) {
        return isList(key) ? texts(key) : text(key).stream().toList();
    }

    boolean isList(String key) {
        return value(key).filter(Items.class::isInstance).isPresent();
    }

    /** A relative path stays one, relative to the directory in which the process runs, as in xl. */
    Optional<Path> file(String key) {
        return text(key).flatMap(name -> {
            try {
                Path file = Path.of(name);
                return checked(key, Optional.of(file), path -> DomainRules.ofFile(key, path));
            } catch (InvalidPathException e) {
                complain(key, "'" + key + "' is no path: " + e.getMessage());
                return Optional.empty();
            }
        });
    }

    /** The value if the rule has no complaint about it. */
    <T> Optional<T> checked(String key, Optional<T> value, Function<T, Optional<String>> rule) {
        Optional<String> complaint = value.flatMap(rule);
        complaint.ifPresent(text -> complain(key, text));
        return complaint.isPresent() ? Optional.empty() : value;
    }

    /** An amount of memory, written as a number of MiB. */
    Optional<KiB> mib(String key) {
        Optional<Long> mib = number(key).stream().boxed().findAny();
        return checked(key, mib, number -> DomainRules.ofMib(key, number)).map(KiB::ofMiB);
    }

    /** One of some words, exactly. */
    <E> Optional<E> word(String key, E[] values, Function<E, String> word) {
        return oneOf(key, values, word, Comparator.naturalOrder());
    }

    /** One of some words, in capitals too: the enumerations of libxl's interface. */
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
                complain(key, "'" + key + "' is \"" + text + "\", not one of " + String.join(", ", words));
            }
            return found;
        });
    }

    private Optional<XlValue> value(String key) {
        return Optional.ofNullable(settings.get(key)).map(XlSetting::value);
    }
}
