// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * An attempted action and its domain. An exception that passes the boundary of an operation gets domid and UUID from
 * here.
 *
 * @param words the beginning of a failure's message, such as {@code "pausing domain 5"}
 * @param domid the domain's number, if it has one already
 * @param uuid the domain's UUID, if it is known
 */
public record Attempt(String words, OptionalInt domid, Optional<UUID> uuid) {
    /**
     * {@return an attempt that concerns no domain, such as opening Xen}
     *
     * @param words the beginning of a failure's message
     */
    public static Attempt of(String words) {
        return new Attempt(words, OptionalInt.empty(), Optional.empty());
    }

    /**
     * {@return an attempt on a domain whose UUID is not known}
     *
     * @param domid the domain's number
     * @param words the beginning of a failure's message
     */
    public static Attempt on(int domid, String words) {
        return new Attempt(words, OptionalInt.of(domid), Optional.empty());
    }

    /**
     * {@return an attempt on a domain}
     *
     * @param domid the domain's number
     * @param uuid the domain's UUID
     * @param words the beginning of a failure's message
     */
    public static Attempt on(int domid, UUID uuid, String words) {
        return new Attempt(words, OptionalInt.of(domid), Optional.of(uuid));
    }

    @Override
    public String toString() {
        return words;
    }
}
