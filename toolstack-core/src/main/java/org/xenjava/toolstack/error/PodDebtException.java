// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

/**
 * The domain has populate-on-demand entries without a page, so an access to its memory might crash it (XSA-153).
 *
 * <p>{@link Retry#LATER}: the guest's balloon driver may still free memory.
 */
public final class PodDebtException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    /** The number of entries without a page. */
    private final long debtPages;

    /**
     * Creates the failure.
     *
     * @param message what was attempted, on what, what went wrong, and what to do
     * @param debtPages entries without a page; 1 or more
     */
    public PodDebtException(String message, long debtPages) {
        super(message, null, Retry.LATER);
        this.debtPages = debtPages;
    }

    /** {@return the number of entries without a page} */
    public long debtPages() {
        return debtPages;
    }
}
