// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.IntStream;

/** Collects the members of an object in libxl's types. */
final class LibxlMembers {
    private final JsonObject object = new JsonObject();

    JsonObject object() {
        return object;
    }

    LibxlMembers text(String name, String value) {
        object.addProperty(name, value);
        return this;
    }

    LibxlMembers text(String name, Optional<?> value) {
        value.ifPresent(present -> object.addProperty(name, present.toString()));
        return this;
    }

    LibxlMembers number(String name, long value) {
        object.addProperty(name, value);
        return this;
    }

    LibxlMembers number(String name, Optional<Long> value) {
        value.ifPresent(number -> object.addProperty(name, number));
        return this;
    }

    /** Adds a defbool. */
    LibxlMembers choice(String name, Optional<Boolean> value) {
        value.ifPresent(yes -> object.addProperty(name, yes ? "True" : "False"));
        return this;
    }

    /** Adds a bool; false is not written. libxl refuses a whole file in which a bool has the form of a defbool. */
    LibxlMembers trueIf(String name, Condition condition) {
        if (condition == Condition.HOLDS) {
            object.addProperty(name, true);
        }
        return this;
    }

    /** Adds an integer that is used as a bool; false is not written. */
    LibxlMembers oneIf(String name, Condition condition) {
        if (condition == Condition.HOLDS) {
            object.addProperty(name, 1);
        }
        return this;
    }

    /** A condition on which a member is written. */
    enum Condition {
        HOLDS,
        DOES_NOT_HOLD;

        static Condition of(boolean holds) {
            return holds ? HOLDS : DOES_NOT_HOLD;
        }
    }

    /** Adds a list of strings; an empty one is not written. */
    LibxlMembers texts(String name, Collection<String> values) {
        return elements(name, values.stream().map(JsonPrimitive::new).toList());
    }

    /** Adds a bitmap: the numbers of the set bits. */
    LibxlMembers bits(String name, IntStream bits) {
        return elements(name, bits.mapToObj(JsonPrimitive::new).toList());
    }

    LibxlMembers elements(String name, Collection<? extends JsonElement> elements) {
        if (!elements.isEmpty()) {
            JsonArray array = new JsonArray();
            elements.forEach(array::add);
            object.add(name, array);
        }
        return this;
    }

    /** Adds an object, also an empty one. */
    LibxlMembers object(String name, LibxlMembers members) {
        object.add(name, members.object);
        return this;
    }
}
