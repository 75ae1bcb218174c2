// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.text.Visible;

/**
 * An object of libxl's JSON, read member by member. It remembers which members have been read. A member of another type
 * than libxl's is a {@link ConfigException} that names the member's path.
 */
final class LibxlObject {
    private static final int SHOWN_CHARACTERS = 200;

    private static final Set<String> INITIAL_VALUES = Set.of("", "0", "false", "<default>", "4294967295");

    private final JsonObject object;
    private final String source;
    private final String path;
    private final Set<String> read = new HashSet<>();
    private final Map<String, List<LibxlObject>> inner = new HashMap<>();

    private LibxlObject(JsonObject object, String source, String path) {
        this.object = object;
        this.source = source;
        this.path = path;
    }

    static LibxlObject root(JsonObject object, String source) {
        return new LibxlObject(object, source, "");
    }

    boolean has(String name) {
        return object.has(name);
    }

    /** Whether the member is an object, and not another kind of value. */
    boolean isObject(String name) {
        return object.get(name) instanceof JsonObject;
    }

    private Optional<JsonElement> member(String name) {
        read.add(name);
        return Optional.ofNullable(object.get(name)).filter(element -> !element.isJsonNull());
    }

    private Optional<JsonPrimitive> value(String name) {
        return member(name).map(element -> {
            if (!(element instanceof JsonPrimitive primitive)) {
                throw wrong(name, "not a single value");
            }
            return primitive;
        });
    }

    /** Reads a string; an empty one is none, as in libxl's writer. */
    Optional<String> text(String name) {
        return value(name)
                .map(value -> {
                    if (!value.isString()) {
                        throw wrong(name, "not a string");
                    }
                    return value.getAsString();
                })
                .filter(text -> !text.isEmpty());
    }

    /** Reads a whole number. */
    OptionalLong number(String name, long least, long greatest) {
        return value(name)
                .map(value -> OptionalLong.of(number(name, value, least, greatest)))
                .orElse(OptionalLong.empty());
    }

    private long number(String name, JsonPrimitive value, long least, long greatest) {
        String digits = value.isNumber() ? value.getAsString() : "";
        if (!digits.matches("-?[0-9]{1,20}")) {
            throw wrong(name, "not a whole number");
        }
        BigInteger number = new BigInteger(digits);
        if (number.compareTo(BigInteger.valueOf(least)) < 0 || number.compareTo(BigInteger.valueOf(greatest)) > 0) {
            throw wrong(name, number + " is not " + least + " … " + greatest);
        }
        return number.longValueExact();
    }

    /** Reads a defbool, a bool or an integer used as such: what libxl has for a choice of two. Empty if undecided. */
    Optional<Boolean> flag(String name) {
        return value(name).flatMap(value -> {
            if (value.isBoolean()) {
                return Optional.of(value.getAsBoolean());
            }
            if (value.isNumber()) {
                return Optional.of(number(name, value, 0, Integer.MAX_VALUE) != 0);
            }
            return switch (value.getAsString()) {
                case "True" -> Optional.of(true);
                case "False" -> Optional.of(false);
                case "<default>" -> Optional.empty();
                default -> throw wrong(name, "'" + shown(value.getAsString()) + "' is neither True nor False");
            };
        });
    }

    /** Reads a word of an enumeration. */
    <E extends Enum<E>> Optional<E> word(String name, E[] values, Function<E, String> word) {
        return text(name).map(text -> Stream.of(values)
                .filter(value -> word.apply(value).equals(text))
                .findFirst()
                .orElseThrow(() -> wrong(name, "'" + shown(text) + "' is not supported")));
    }

    /** Reads an array of strings. */
    List<String> texts(String name) {
        return array(name).stream()
                .map(element -> {
                    if (!(element instanceof JsonPrimitive primitive) || !primitive.isString()) {
                        throw wrong(name, "not a list of strings");
                    }
                    return primitive.getAsString();
                })
                .toList();
    }

    /** Reads an array of numbers from 0 on. */
    List<Integer> numbers(String name, int most) {
        List<Integer> numbers = new ArrayList<>();
        for (JsonElement element : array(name)) {
            if (!(element instanceof JsonPrimitive primitive)) {
                throw wrong(name, "not a list of numbers");
            }
            numbers.add((int) number(name, primitive, 0, most));
        }
        return numbers;
    }

    /** Reads a bitmap: the array of the set bits' numbers. */
    Set<Integer> bits(String name, int most) {
        return bits(name, array(name), most);
    }

    private Set<Integer> bits(String name, Iterable<JsonElement> elements, int most) {
        Set<Integer> bits = new HashSet<>();
        for (JsonElement element : elements) {
            if (!(element instanceof JsonPrimitive primitive)) {
                throw wrong(name, "not a list of numbers");
            }
            bits.add((int) number(name, primitive, 0, most - 1L));
        }
        return bits;
    }

    /** An array of bitmaps. */
    List<Set<Integer>> bitmaps(String name, int mostBitmaps, int mostBits) {
        List<JsonElement> bitmaps = array(name);
        if (bitmaps.size() > mostBitmaps) {
            throw wrong(name, "more than " + mostBitmaps + " elements");
        }
        return bitmaps.stream()
                .map(element -> {
                    if (!(element instanceof JsonArray bitmap)) {
                        throw wrong(name, "not a list of lists");
                    }
                    return bits(name, bitmap, mostBits);
                })
                .toList();
    }

    private List<JsonElement> array(String name) {
        return member(name)
                .map(element -> {
                    if (!(element instanceof JsonArray array)) {
                        throw wrong(name, "not a list");
                    }
                    return array.asList();
                })
                .orElse(List.of());
    }

    /** Reads an object; an empty one if it is missing. */
    LibxlObject object(String name) {
        return inner.computeIfAbsent(
                        name, key -> List.of(nested(key, member(key).orElseGet(JsonObject::new), path + key)))
                .get(0);
    }

    /** Reads an array of objects. */
    List<LibxlObject> objects(String name) {
        List<JsonElement> elements = array(name);
        List<LibxlObject> objects = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            objects.add(nested(name, elements.get(i), path + name + "[" + i + "]"));
        }
        inner.put(name, objects);
        return objects;
    }

    private LibxlObject nested(String name, JsonElement element, String at) {
        if (!(element instanceof JsonObject nested)) {
            throw wrong(name, "not an object");
        }
        return new LibxlObject(nested, source, at + ".");
    }

    /** Declares members that do not change what a guest is. */
    void skip(String... names) {
        read.addAll(List.of(names));
    }

    /** The paths of all members with a value that nobody has read. */
    List<String> unread() {
        List<String> paths = new ArrayList<>();
        object.asMap().forEach((name, element) -> {
            if (inner.containsKey(name)) {
                inner.getOrDefault(name, List.of()).forEach(nested -> paths.addAll(nested.unread()));
            } else if (!read.contains(name) && !isEmpty(element)) {
                paths.add(shown(path + name));
            }
        });
        return paths;
    }

    /** Whether a member has the value that libxl leaves out. */
    private static boolean isEmpty(JsonElement element) {
        if (element instanceof JsonObject object) {
            return object.asMap().values().stream().allMatch(LibxlObject::isEmpty);
        }
        if (element instanceof JsonPrimitive value) {
            return INITIAL_VALUES.contains(value.getAsString());
        }
        return element.isJsonNull() || element instanceof JsonArray array && array.isEmpty();
    }

    /** The exception for a member that cannot be used. */
    ConfigException wrong(String name, String why) {
        return new ConfigException(source + ": " + path + name + ": " + why);
    }

    /** Runs a constructor that checks its values. */
    <T> T checked(Supplier<T> made) {
        try {
            return made.get();
        } catch (ConfigException e) {
            if (e.getMessage() != null && e.getMessage().startsWith(source + ": ")) {
                throw e;
            }
            String place = path.isEmpty() ? "" : path.substring(0, path.length() - 1) + ": ";
            throw new ConfigException(source + ": " + place + shown(String.valueOf(e.getMessage())), e);
        }
    }

    /** The beginning of a text from a file, without control characters. */
    static String shown(String text) {
        String visible = Visible.text(text);
        return visible.length() > SHOWN_CHARACTERS ? visible.substring(0, SHOWN_CHARACTERS) + "..." : visible;
    }
}
