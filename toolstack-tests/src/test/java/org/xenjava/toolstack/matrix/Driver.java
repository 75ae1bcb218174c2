// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import java.util.OptionalLong;

/**
 * The guest's balloon driver, which never looks at its target again once it is done.
 *
 * @param shortfall pages that it keeps of those that it should give back; empty: there is no driver
 */
public record Driver(OptionalLong shortfall) {
    private static final String NONE = "no driver";

    /** Stops so many pages short of its target. */
    public static Driver shortBy(long pages) {
        return new Driver(OptionalLong.of(pages));
    }

    /** A guest without. */
    public static Driver none() {
        return new Driver(OptionalLong.empty());
    }

    /** What {@link #toString} gives. */
    public static Driver named(String name) {
        return name.equals(NONE) ? none() : shortBy(Long.parseLong(name));
    }

    @Override
    public String toString() {
        return shortfall.isPresent() ? Long.toString(shortfall.getAsLong()) : NONE;
    }
}
