// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

/**
 * The domain has populate-on-demand entries without a page, so that touching its memory might kill it (XSA-153).
 * {@link Retry#LATER}: the guest's balloon driver may still free memory.
 */
public final class PodDebtException extends ToolstackException {
    private static final long serialVersionUID = 1L;

    private final long debtPages;

    /**
     * @param debtPages entries without a page; positive
     */
    public PodDebtException(String message, long debtPages) {
        super(message, null, Retry.LATER);
        this.debtPages = debtPages;
    }

    /** {@return entries without a page, in pages} */
    public long debtPages() {
        return debtPages;
    }
}
