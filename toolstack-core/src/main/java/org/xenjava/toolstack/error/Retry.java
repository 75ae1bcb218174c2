// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The prospect of success if a failed operation is tried again. */
public enum Retry {
    /** The same call fails again: the domain no longer exists, or this Xen lacks the function. */
    NEVER,

    /**
     * The obstacle may disappear by itself: another process holds a lock, the guest is still booting, the host is
     * scrubbing memory, a timeout expired. Try the same call again after a pause.
     */
    LATER,

    /**
     * The configuration, a file, a privilege or the state of the domain has to change first. The message says which.
     */
    AFTER_CHANGE;

    /** Temporary failures: a lock, a conflict, scrubbing, a restart of xenstored. */
    private static final Set<Errno> PASSING = Set.of(
            Errno.EAGAIN, Errno.EBUSY, Errno.EINTR, Errno.ENOMEM, Errno.EIO, Errno.EPIPE, Errno.EBADF, Errno.ENOTCONN);

    /** Failures that a change can remove: missing privileges, a used-up quota, a domain with devices assigned. */
    private static final Set<Errno> CHANGEABLE = Set.of(Errno.EPERM, Errno.EACCES, Errno.ENOSPC, Errno.ENOTEMPTY);

    /** The prospect of a call that Xen or one of its libraries refused. */
    static Retry after(Optional<Errno> errno) {
        if (errno.filter(PASSING::contains).isPresent()) {
            return LATER;
        }
        return errno.filter(CHANGEABLE::contains).isPresent() ? AFTER_CHANGE : NEVER;
    }
}
