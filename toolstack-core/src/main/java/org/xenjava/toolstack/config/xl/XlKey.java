// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.Optional;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.xl.XlValue.Items;
import org.xenjava.toolstack.config.xl.XlValue.Text;

/**
 * One key of xl.cfg and its treatment.
 *
 * @param name the key
 * @param kind the kind of value that xl expects
 * @param guests the guests for which xl reads the key
 * @param status the treatment
 * @param harmless the value of a refused key that changes nothing and is accepted. An empty list always changes
 *     nothing
 * @param reason why the key is ignored or refused; else empty
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
        NOT_HVM,
        NOT_PVH,
        PVH,
        PV;

        boolean include(Optional<DomainType> type) {
            return switch (this) {
                case ANY -> true;
                case HVM -> type.equals(Optional.of(DomainType.HVM));
                case NOT_HVM -> type.isPresent() && !HVM.include(type);
                case NOT_PVH -> type.isPresent() && !PVH.include(type);
                case PVH -> type.equals(Optional.of(DomainType.PVH));
                case PV -> type.equals(Optional.of(DomainType.PV));
            };
        }
    }

    enum Status {
        /** Supported as in xl. */
        SUPPORTED,
        /** Supported as in xl for HVM guests, refused for other guests. */
        SUPPORTED_IN_HVM,
        /** Read and written as in xl. A guest that has it is refused when it is to be built. */
        DESCRIBED,
        /** Ignored with a warning: the guest works in the same way without the key. */
        IGNORED,
        /** Refused with an error: the guest would differ from its configuration. */
        REFUSED
    }

    /** The value changes nothing, so that even a refused key is accepted. */
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
