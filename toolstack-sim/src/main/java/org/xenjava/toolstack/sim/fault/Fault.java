// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Decides what becomes of each call. {@link FaultInjection} asks about one call at a time, in their order, so a fault
 * may count; one fault must not be injected twice.
 */
@FunctionalInterface
public interface Fault {
    /** What becomes of that call. */
    Verdict judge(FaultSite call);

    /** The {@code n}-th call from now on fails. */
    static Fault callFails(long n, Errno errno) {
        return nth(n, FaultSite::counts, new Verdict.Fails(errno));
    }

    /** The {@code n}-th call from now on takes its effect and fails nevertheless. */
    static Fault answerLost(long n, Errno errno) {
        return nth(n, FaultSite::counts, new Verdict.LosesAnswer(errno));
    }

    /** The process is killed at the {@code n}-th call from now on, which has no effect any more. */
    static Fault processKilled(long n) {
        return nth(n, FaultSite::counts, new Verdict.Kills());
    }

    /**
     * The {@code n}-th call of one hypercall or library function from now on fails.
     *
     * @param name as in {@link FaultSite#name}, such as {@code "XEN_DOMCTL_createdomain"} or {@code "xs_write"}
     */
    static Fault nthOf(String name, long n, Errno errno) {
        return nthOf(name, n, new Verdict.Fails(errno));
    }

    /** The same with another verdict: killed at that call, for one. */
    static Fault nthOf(String name, long n, Verdict verdict) {
        return nth(n, call -> call.name().equals(name), verdict);
    }

    /** xenstored answers EAGAIN to the next {@code count} commits, as if another change had come between. */
    static Fault commitsConflict(long count) {
        AtomicLong left = new AtomicLong(count);
        return call -> call.method().equals("transactionCommit") && left.getAndDecrement() > 0
                ? new Verdict.Fails(Errno.EAGAIN)
                : new Verdict.Passes();
    }

    /** xenstored refuses every request about these paths: ENOSPC for a quota, EACCES for a missing right. */
    static Fault pathsRefused(Pattern paths, Errno errno) {
        return every(call -> call.path().filter(paths.asMatchPredicate()).isPresent(), errno);
    }

    /** xenstored is gone from the {@code n}-th call from now on: everything about it is EIO. */
    static Fault xenstoredGone(long n) {
        AtomicLong seen = new AtomicLong();
        return call -> {
            boolean gone = (call.counts() ? seen.incrementAndGet() : seen.get()) >= n;
            return gone && call.toXenstored() ? new Verdict.Fails(Errno.EIO) : new Verdict.Passes();
        };
    }

    /** Every such call fails. */
    static Fault every(Predicate<FaultSite> which, Errno errno) {
        return call -> which.test(call) ? new Verdict.Fails(errno) : new Verdict.Passes();
    }

    private static Fault nth(long n, Predicate<FaultSite> which, Verdict verdict) {
        AtomicLong seen = new AtomicLong();
        return call -> which.test(call) && seen.incrementAndGet() == n ? verdict : new Verdict.Passes();
    }
}
