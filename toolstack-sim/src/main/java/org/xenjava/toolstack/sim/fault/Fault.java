// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Decides the verdict on each call. {@link FaultInjection} asks about one call at a time, in order, so a fault may
 * count calls. Do not inject the same fault twice.
 */
@FunctionalInterface
public interface Fault {
    /**
     * Decides the outcome of a call.
     *
     * @param call the call, with its number among all calls
     * @return the verdict
     */
    Verdict judge(FaultSite call);

    /**
     * Lets the {@code n}-th call from now on fail.
     *
     * @param n 1 for the next call
     * @param errno errno that the call reports
     * @return the fault
     */
    static Fault callFails(long n, Errno errno) {
        return nth(n, FaultSite::counts, new Verdict.Fails(errno));
    }

    /**
     * Lets the {@code n}-th call from now on take effect and then report a failure.
     *
     * @param n 1 for the next call
     * @param errno errno that the call reports
     * @return the fault
     */
    static Fault answerLost(long n, Errno errno) {
        return nth(n, FaultSite::counts, new Verdict.LosesAnswer(errno));
    }

    /**
     * Kills the process at the {@code n}-th call from now on, before the call takes effect.
     *
     * @param n 1 for the next call
     * @return the fault
     */
    static Fault processKilled(long n) {
        return nth(n, FaultSite::counts, new Verdict.Kills());
    }

    /**
     * Lets the {@code n}-th call of one hypercall or library function from now on fail.
     *
     * @param name as in {@link FaultSite#name}, such as {@code "XEN_DOMCTL_createdomain"} or {@code "xs_write"}
     * @param n 1 for the next call of that name
     * @param errno errno that the call reports
     * @return the fault
     */
    static Fault nthOf(String name, long n, Errno errno) {
        return nthOf(name, n, new Verdict.Fails(errno));
    }

    /**
     * Gives the {@code n}-th call of one hypercall or library function a verdict, such as killing the process.
     *
     * @param name as in {@link FaultSite#name}, such as {@code "XEN_DOMCTL_createdomain"} or {@code "xs_write"}
     * @param n 1 for the next call of that name
     * @param verdict the outcome of that call
     * @return the fault
     */
    static Fault nthOf(String name, long n, Verdict verdict) {
        return nth(n, call -> call.name().equals(name), verdict);
    }

    /**
     * Lets the next {@code count} commits of transactions fail with EAGAIN, as after a conflicting change.
     *
     * @param count number of commits that fail
     * @return the fault
     */
    static Fault commitsConflict(long count) {
        AtomicLong left = new AtomicLong(count);
        return call -> call.method().equals("transactionCommit") && left.getAndDecrement() > 0
                ? new Verdict.Fails(Errno.EAGAIN)
                : new Verdict.Passes();
    }

    /**
     * Lets xenstored refuse every request about these paths: ENOSPC for a quota, EACCES for a missing permission.
     *
     * @param paths found anywhere in a path
     * @param errno errno that the requests report
     * @return the fault
     */
    static Fault pathsRefused(Pattern paths, Errno errno) {
        return every(call -> call.path().filter(paths.asMatchPredicate()).isPresent(), errno);
    }

    /**
     * Lets every call to xenstored fail with EIO from the {@code n}-th call from now on.
     *
     * @param n 1 for the next call to xenstored
     * @return the fault
     */
    static Fault xenstoredGone(long n) {
        AtomicLong seen = new AtomicLong();
        return call -> {
            boolean gone = (call.counts() ? seen.incrementAndGet() : seen.get()) >= n;
            return gone && call.toXenstored() ? new Verdict.Fails(Errno.EIO) : new Verdict.Passes();
        };
    }

    /**
     * Lets every matching call fail.
     *
     * @param which chooses the calls
     * @param errno errno that they report
     * @return the fault
     */
    static Fault every(Predicate<FaultSite> which, Errno errno) {
        return call -> which.test(call) ? new Verdict.Fails(errno) : new Verdict.Passes();
    }

    private static Fault nth(long n, Predicate<FaultSite> which, Verdict verdict) {
        AtomicLong seen = new AtomicLong();
        return call -> which.test(call) && seen.incrementAndGet() == n ? verdict : new Verdict.Passes();
    }
}
