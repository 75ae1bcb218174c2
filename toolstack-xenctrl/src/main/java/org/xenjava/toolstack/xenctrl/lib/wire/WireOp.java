// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Types of messages, with their numbers in {@code enum xsd_sockmsg_type}. */
public enum WireOp {
    /** Names of a node's children. */
    DIRECTORY(1),
    /** Value of a node. */
    READ(2),
    /** Permissions of a node. */
    GET_PERMISSIONS(3),
    /** Registers a watch. */
    WATCH(4),
    /** Removes a watch. */
    UNWATCH(5),
    /** Starts a transaction. */
    TRANSACTION_START(6),
    /** Ends a transaction: T commits, F aborts. */
    TRANSACTION_END(7),
    /** Introduces a domain. */
    INTRODUCE_DOMAIN(8),
    /** Releases a domain. */
    RELEASE_DOMAIN(9),
    /** Path of a domain's own nodes. */
    GET_DOMAIN_PATH(10),
    /** Writes a node. */
    WRITE(11),
    /** Creates a node. */
    MKDIR(12),
    /** Removes a node. */
    RM(13),
    /** Sets the permissions of a node. */
    SET_PERMISSIONS(14),
    /** From xenstored alone: a watch fired. */
    WATCH_EVENT(15),
    /** From xenstored alone: the request failed; the payload is errno's name. */
    ERROR(16),
    /** Whether a domain is introduced. */
    IS_DOMAIN_INTRODUCED(17),
    /** Forgets that a domain has shut down. */
    RESUME_DOMAIN(18),
    /** Names of a node's children from an offset on, for lists that do not fit into one message. */
    DIRECTORY_PART(22);

    private static final Map<Integer, WireOp> BY_NUMBER =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(WireOp::number, Function.identity()));

    private final int number;

    WireOp(int number) {
        this.number = number;
    }

    /** {@return the number in a message's header} */
    public int number() {
        return number;
    }

    /** {@return the type with that number; empty for those that no toolstack needs} */
    public static Optional<WireOp> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }
}
