// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Whether an operation that failed can succeed when it is tried again. */
public enum Retry {
    /** The same call gives the same failure again: the domain is gone for good, or this Xen lacks what is needed. */
    NEVER,

    /**
     * The obstacle may pass without anybody's help: another process holds something, the guest is still booting, the
     * host is scrubbing memory, a timeout expired. Try the same call again after a pause.
     */
    LATER,

    /**
     * Somebody has to change something first: the configuration, a file, a privilege, the state of the domain. The
     * message says what.
     */
    AFTER_CHANGE;

    /** What passes without help: a lock, a conflict, scrubbing, a xenstored that is started again. */
    private static final Set<Errno> PASSING = Set.of(
            Errno.EAGAIN, Errno.EBUSY, Errno.EINTR, Errno.ENOMEM, Errno.EIO, Errno.EPIPE, Errno.EBADF, Errno.ENOTCONN);

    /** Missing privileges, a used-up quota, a domain with devices assigned. */
    private static final Set<Errno> CHANGEABLE = Set.of(Errno.EPERM, Errno.EACCES, Errno.ENOSPC, Errno.ENOTEMPTY);

    /** The advice for a call that Xen or one of its libraries refused. */
    static Retry after(Optional<Errno> errno) {
        if (errno.filter(PASSING::contains).isPresent()) {
            return LATER;
        }
        return errno.filter(CHANGEABLE::contains).isPresent() ? AFTER_CHANGE : NEVER;
    }
}
