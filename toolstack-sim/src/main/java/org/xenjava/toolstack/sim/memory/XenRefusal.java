// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The errno with which Xen refuses a request. */
public final class XenRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Errno errno;

    public XenRefusal(Errno errno) {
        super(errno.symbol(), null, false, false);
        this.errno = errno;
    }

    public Errno errno() {
        return errno;
    }
}
