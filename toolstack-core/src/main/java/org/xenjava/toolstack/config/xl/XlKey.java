// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.Optional;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.xl.XlValue.Items;
import org.xenjava.toolstack.config.xl.XlValue.Text;

/**
 * What the library does with one key of xl.cfg.
 *
 * @param name the key
 * @param kind what xl wants its value to be
 * @param guests in which guests xl looks at it
 * @param status what becomes of it
 * @param harmless of a key that is refused: the value that asks for nothing which the guest does not have anyway. An
 *     empty list always is one
 * @param reason why it is ignored or refused, wherever it is; else empty
 */
record XlKey(String name, Kind kind, Guests guests, Status status, Optional<String> harmless, String reason) {
    enum Kind {
        STRING,
        NUMBER,
        BOOLEAN,
        LIST,
        STRING_OR_LIST;

        boolean isList() {
            return this == LIST || this == STRING_OR_LIST;
        }
    }

    enum Guests {
        ANY,
        HVM,
        NOT_HVM;

        boolean include(Optional<DomainType> type) {
            return switch (this) {
                case ANY -> true;
                case HVM -> type.equals(Optional.of(DomainType.HVM));
                case NOT_HVM -> type.isPresent() && !HVM.include(type);
            };
        }
    }

    enum Status {
        /** Does what it does in xl. */
        SUPPORTED,
        /** In an HVM guest, does what it does in xl; in another guest, for which xl has it too, it is refused. */
        SUPPORTED_IN_HVM,
        /** Reported as a warning: the guest is none the worse without. */
        IGNORED,
        /** Reported as an error: without it, the guest would not be what its owner wrote. */
        REFUSED
    }

    /** The value asks for nothing, so that even a refused key is none. */
    boolean isHarmless(XlValue value) {
        if (value instanceof Items list) {
            return kind.isList() && list.items().isEmpty();
        }
        return harmless.filter(same -> isSame((Text) value, new Text(same))).isPresent();
    }

    private boolean isSame(Text value, Text other) {
        return switch (kind) {
            case NUMBER -> value.number().equals(other.number());
            case BOOLEAN -> value.number().isPresent() && isTrue(value) == isTrue(other);
            default -> value.equals(other);
        };
    }

    private static boolean isTrue(Text value) {
        return value.number().orElseThrow() != 0;
    }
}
