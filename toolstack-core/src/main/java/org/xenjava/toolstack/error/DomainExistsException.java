// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import org.jspecify.annotations.Nullable;

/**
 * A domain with that name or UUID exists already; choose another or destroy it first.
 * {@link Retry#AFTER_CHANGE}: choose another name or UUID, or destroy that domain.
 */
public final class DomainExistsException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    public DomainExistsException(String message) {
        this(message, null);
    }

    public DomainExistsException(String message, @Nullable Throwable cause) {
        super(message, cause, Retry.AFTER_CHANGE);
    }
}
