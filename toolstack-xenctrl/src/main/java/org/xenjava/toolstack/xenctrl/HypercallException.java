// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The failure of a hypercall, with its name, the domain and errno. */
public final class HypercallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The domid of calls without a domain. */
    public static final int NO_DOMAIN = -1;

    private final String hypercall;
    private final int domid;
    private final transient Errno errno;

    HypercallException(String hypercall, int domid, Errno errno, Throwable cause) {
        super(hypercall + (domid == NO_DOMAIN ? "" : " on domain " + domid) + ": " + errno, cause);
        this.hypercall = hypercall;
        this.domid = domid;
        this.errno = errno;
    }

    /** Creates the exception for a call that was not made. */
    HypercallException(String hypercall, int domid, Errno errno, String reason) {
        super(hypercall + (domid == NO_DOMAIN ? "" : " on domain " + domid) + ": " + reason);
        this.hypercall = hypercall;
        this.domid = domid;
        this.errno = errno;
    }

    /** The call's name in Xen's headers, such as {@code XENMEM_set_pod_target}. */
    public String hypercall() {
        return hypercall;
    }

    /** The domain of the call, or {@link #NO_DOMAIN}. */
    public int domid() {
        return domid;
    }

    public Errno errno() {
        return errno;
    }
}
