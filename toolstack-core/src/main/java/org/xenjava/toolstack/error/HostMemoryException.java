// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The host has too little memory for the request. The operation took nothing, and the domain is unchanged.
 *
 * <p>{@link Retry#LATER}: another guest or the scrubber may release memory.
 */
public final class HostMemoryException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Shortage shortage;

    /**
     * The numbers behind the failure, in pages of 4 KiB.
     *
     * @param neededPages what the guest needs, with Xen's page tables of it
     * @param availablePages what is free and unclaimed on the host
     * @param controlDomainPages what domain 0 owns
     */
    public record Shortage(long neededPages, long availablePages, long controlDomainPages) {}

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     */
    public HostMemoryException(String message) {
        super(message, null, Retry.LATER);
        this.shortage = null;
    }

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param cause the exception behind it; null if there is none
     */
    public HostMemoryException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.LATER);
        this.shortage = null;
    }

    /**
     * Creates the failure of a guest for which the host has no room.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param shortage the numbers behind it
     */
    public HostMemoryException(String message, Shortage shortage) {
        super(message, null, Retry.LATER);
        this.shortage = shortage;
    }

    /** {@return the numbers behind the failure; empty if the shortage was found while memory was taken} */
    public Optional<Shortage> shortage() {
        return Optional.ofNullable(shortage);
    }
}
