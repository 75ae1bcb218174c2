// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The errno with which xenstored refuses a request. */
public final class StoreRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Errno errno;

    public StoreRefusal(Errno errno) {
        super(errno.symbol(), null, false, false);
        this.errno = errno;
    }

    public Errno errno() {
        return errno;
    }
}
