// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * A guest's configuration is wrong: unreadable, unknown key, a value out of range, or values that do not fit
 * together. Thrown before any hypercall. The message begins with the position in the file, {@code file:line},
 * where there is one.
 *
 * <p>{@link Retry#AFTER_CHANGE}: the configuration has to change.
 */
public final class ConfigException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /** The problems that concern known keys. */
    private final ImmutableList<ConfigProblem> problems;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public ConfigException(String message) {
        this(message, List.of());
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it
     */
    public ConfigException(String message, Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
        problems = ImmutableList.of();
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param problems the problems that concern known keys, in the order of the message
     */
    public ConfigException(String message, List<ConfigProblem> problems) {
        super(message, null, Retry.AFTER_CHANGE);
        this.problems = ImmutableList.copyOf(problems);
    }

    /**
     * {@return the problems that concern known keys, in the order of the message; empty if the message is all there is}
     */
    public List<ConfigProblem> problems() {
        return problems;
    }
}
