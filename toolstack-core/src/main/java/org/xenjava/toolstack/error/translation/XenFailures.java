// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error.translation;

import java.util.Map;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.XenCallException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** Translates exceptions of Xen's libraries into the toolstack's family, with the attempt and advice in the message. */
public final class XenFailures {
    private static final Map<Errno, String> ADVICE = Map.of(
            Errno.EPERM, "run as root in the control domain",
            Errno.EACCES, "run as root in the control domain",
            Errno.ENOMEM, "the host has too little free memory",
            Errno.EINVAL, "Xen rejected the arguments; report this bug with the debug log",
            Errno.ENOSYS, "the running Xen lacks this call",
            Errno.EOPNOTSUPP, "the running Xen or this host does not support it",
            Errno.ENOTEMPTY, "the domain has devices assigned, which excludes populate-on-demand");

    private XenFailures() {}

    /**
     * Runs {@code work} and translates a failure of Xen into a {@link ToolstackException} whose message begins with
     * the attempt. Every failure of the family gets the domain of the attempt. Calls may nest: only the innermost
     * attempt is in the message.
     *
     * @throws DomainGoneException if Xen knows no such domain
     * @throws XenCallException if Xen refuses for another reason
     * @throws XenStoreException if xenstored refuses
     */
    public static <T> T translating(Attempt attempt, Supplier<T> work) {
        try {
            return work.get();
        } catch (HypercallException | XenLibException | ToolstackException e) {
            throw translate(attempt, e);
        }
    }

    /** As {@link #translating(Attempt, Supplier)}, for work without a result. */
    public static void translating(Attempt attempt, Runnable work) {
        translating(attempt, () -> {
            work.run();
            return attempt;
        });
    }

    /** As {@link #translating(Attempt, Supplier)}, for work that concerns no domain. */
    public static <T> T translating(String attempted, Supplier<T> work) {
        return translating(Attempt.of(attempted), work);
    }

    /** As {@link #translating(String, Supplier)}, for work without a result. */
    public static void translating(String attempted, Runnable work) {
        translating(Attempt.of(attempted), work);
    }

    /** The translation of {@code failure}; a {@link ToolstackException} stays as it is. */
    public static RuntimeException translate(Attempt attempt, RuntimeException failure) {
        RuntimeException translated = inFamily(attempt.words(), failure);
        return translated instanceof ToolstackException e ? e.during(attempt) : translated;
    }

    private static RuntimeException inFamily(String attempted, RuntimeException failure) {
        if (failure instanceof HypercallException e) {
            return e.errno().equals(Errno.ESRCH)
                    ? new DomainGoneException(attempted + ": the domain is gone (" + e.getMessage() + ")", e)
                    : new XenCallException(attempted + ": " + e.getMessage() + advice(e.errno()), e);
        }
        if (failure instanceof XenLibException e) {
            return new XenCallException(attempted + ": " + e.getMessage() + advice(e.errno()), e);
        }
        if (failure instanceof XenStoreException e && !(e.getCause() instanceof XenStoreException)) {
            return new XenStoreException(attempted + ": " + e.getMessage(), e);
        }
        return failure;
    }

    private static String advice(Errno errno) {
        String advice = ADVICE.get(errno);
        return advice == null ? "" : " (" + advice + ")";
    }
}
