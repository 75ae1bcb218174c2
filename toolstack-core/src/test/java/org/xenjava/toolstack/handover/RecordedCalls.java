// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.sim.fault.Verdict;

/** The calls of a process to Xen, xenstored, the kernel and QEMU, in their order. */
final class RecordedCalls {
    private final List<FaultSite> calls;

    RecordedCalls() {
        this(new ArrayList<>());
    }

    private RecordedCalls(List<FaultSite> calls) {
        this.calls = calls;
    }

    /** Records the calls of a process. A thread of its own reads the watches, and is left out. */
    TestProcess of(TestProcess process) {
        process.faults().inject(call -> {
            synchronized (calls) {
                if (!call.name().equals("xs_read_watch") && !call.name().equals("xs_check_watch")) {
                    calls.add(call);
                }
            }
            return new Verdict.Passes();
        });
        return process;
    }

    static Predicate<FaultSite> named(String name) {
        return call -> call.name().equals(name);
    }

    static Predicate<FaultSite> writing(String pathEnd) {
        return named("xs_write").and(call -> call.path().orElse("").endsWith(pathEnd));
    }

    static boolean isHypercall(FaultSite call) {
        return call.name().matches("[A-Z].*");
    }

    static boolean isToQemu(FaultSite call) {
        return call.name().startsWith("qmp_");
    }

    /** The place of the first such call. */
    int first(Predicate<FaultSite> wanted) {
        for (int i = 0; i < calls.size(); i++) {
            if (wanted.test(calls.get(i))) {
                return i;
            }
        }
        throw new AssertionError("no such call among " + calls);
    }

    FaultSite get(int place) {
        return calls.get(place);
    }

    RecordedCalls between(int first, int end) {
        return new RecordedCalls(calls.subList(first, end));
    }

    long count(Predicate<FaultSite> counted) {
        return calls.stream().filter(counted).count();
    }

    void assertAtMost(long most, Predicate<FaultSite> counted, String what) {
        long found = count(counted);
        assertTrue(found <= most, found + " " + what + ": " + calls);
    }

    @Override
    public String toString() {
        return calls.toString();
    }
}
