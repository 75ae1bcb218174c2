// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class FaultInjectionTest {
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);

    private final SimulatedXen machine = SimulatedXen.create();
    private final XenLibraries other = machine.connect();
    private final FaultInjection faults = FaultInjection.around(machine.connect());
    private final Xenctrl xenctrl = Xenctrl.open(faults);
    private final XenStore store = faults.store();

    @AfterEach
    void close() {
        faults.close();
        other.close();
    }

    private int createDomain() {
        int domid = xenctrl.domains()
                .create(new CreateDomain(
                        UUID.randomUUID(), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        xenctrl.memory().setMaxMem(domid, KiB.of(4096));
        return domid;
    }

    private static Errno errnoOf(Runnable call) {
        return assertThrows(XenLibException.class, call::run).errno();
    }

    private boolean exists(String path) {
        try {
            other.store().read(XenStore.NO_TRANSACTION, path);
            return true;
        } catch (XenLibException e) {
            return false;
        }
    }

    private void write(String path) {
        store.write(XenStore.NO_TRANSACTION, path, VALUE);
    }

    @Test
    void withoutAFaultEveryCallPasses() {
        int domid = createDomain();
        assertEquals(1, xenctrl.memory().populatePhysmap(domid, new long[] {7}, 0, 0));
        write("/test/node");
        assertTrue(exists("/test/node"));
        assertEquals(1, faults.deviceModel().nrVcpus(domid));
        assertEquals(List.of(), faults.injected());
    }

    @Test
    void callsOfAllLibrariesAreCountedAndWaitingForAWatchIsNot() {
        long before = faults.calls();
        write("/test/node");
        faults.call().allocBuffer(1).close();
        xenctrl.domains().remoteShutdown(createDomain(), 0);
        faults.eventChannels().bindUnboundPort(0);
        // createdomain, max_mem and remote_shutdown take a buffer and a hypercall each.
        assertEquals(before + 9, faults.calls());
        store.readWatch(Duration.ZERO);
        assertEquals(before + 9, faults.calls());
    }

    @Test
    void onlyTheNthCallFailsAndItHasNoEffect() {
        faults.inject(Fault.callFails(2, Errno.EPERM));
        write("/test/first");
        store.readWatch(Duration.ZERO);
        assertEquals(Errno.EPERM, errnoOf(() -> write("/test/second")));
        write("/test/third");
        assertTrue(exists("/test/first"));
        assertFalse(exists("/test/second"));
        assertTrue(exists("/test/third"));
    }

    @Test
    void aCallWhoseAnswerIsLostTakesEffect() {
        faults.inject(Fault.answerLost(1, Errno.EIO));
        assertEquals(Errno.EIO, errnoOf(() -> write("/test/node")));
        assertTrue(exists("/test/node"));
    }

    @Test
    void aMappingWhoseAnswerIsLostIsUnmapped() {
        int domid = createDomain();
        xenctrl.memory().populatePhysmap(domid, new long[] {7}, 0, 0);
        faults.inject(Fault.answerLost(1, Errno.ENOMEM));
        assertEquals(Errno.ENOMEM, errnoOf(() -> faults.foreignMemory().map(domid, Protection.READ, 7)));
        xenctrl.domains().destroy(domid);
        assertTrue(xenctrl.domains().info(domid).isEmpty());
    }

    @Test
    void aFaultSelectsAHypercallByTheNameOfItsSubCommand() {
        faults.inject(Fault.nthOf("XEN_DOMCTL_max_mem", 2, Errno.EINVAL));
        faults.inject(Fault.nthOf("XENMEM_claim_pages", 1, Errno.ENOMEM));
        faults.inject(Fault.nthOf("HVMOP_set_param", 1, Errno.EBUSY));
        faults.inject(Fault.nthOf("XEN_SYSCTL_physinfo", 1, Errno.EFAULT));
        faults.inject(Fault.nthOf("EVTCHNOP_alloc_unbound", 1, Errno.ENOSPC));
        faults.inject(Fault.nthOf("SCHEDOP_remote_shutdown", 1, Errno.ESRCH));
        faults.inject(Fault.nthOf("XENVER_extraversion", 1, Errno.ENOSYS));
        int domid = createDomain();
        assertEquals(Errno.EINVAL, refusal(() -> xenctrl.memory().setMaxMem(domid, KiB.of(4))));
        assertEquals(Errno.ENOMEM, refusal(() -> xenctrl.memory().claimPages(domid, Pages.of(1))));
        assertEquals(Errno.EBUSY, refusal(() -> xenctrl.hvm().setParam(domid, HvmParam.STORE_PFN, 1)));
        assertEquals(Errno.EFAULT, refusal(xenctrl.host()::physInfo));
        assertEquals(Errno.ENOSPC, refusal(() -> xenctrl.events().allocUnboundPort(domid, 0)));
        assertEquals(Errno.ESRCH, refusal(() -> xenctrl.domains().remoteShutdown(domid, 0)));
        assertEquals(Errno.ENOSYS, refusal(xenctrl.host()::extraVersion));
        assertEquals(7, faults.injected().size());
    }

    private static Errno refusal(Runnable call) {
        return assertThrows(HypercallException.class, call::run).errno();
    }

    @Test
    void anUnknownHypercallIsNamedByItsNumbers() {
        faults.inject(Fault.nthOf("hypercall 99/5", 1, Errno.EPERM));
        assertEquals(Errno.EPERM, errnoOf(() -> faults.call().call(99, 5)));
    }

    @Test
    void theGivenNumberOfCommitsConflictWithoutEffect() {
        faults.inject(Fault.commitsConflict(2));
        for (int i = 0; i < 2; i++) {
            int transaction = store.transactionStart();
            store.write(transaction, "/test/node", VALUE);
            assertEquals(Errno.EAGAIN, errnoOf(() -> store.transactionCommit(transaction)));
            assertFalse(exists("/test/node"));
        }
        int aborted = store.transactionStart();
        store.transactionAbort(aborted);
        int transaction = store.transactionStart();
        store.write(transaction, "/test/node", VALUE);
        store.transactionCommit(transaction);
        assertTrue(exists("/test/node"));
    }

    @Test
    void everyRequestAboutARefusedPathFails() {
        faults.inject(Fault.pathsRefused(Pattern.compile("/test/secret(/.*)?"), Errno.EACCES));
        assertEquals(Errno.EACCES, errnoOf(() -> write("/test/secret")));
        assertEquals(Errno.EACCES, errnoOf(() -> store.directory(XenStore.NO_TRANSACTION, "/test/secret/below")));
        write("/test/secretary");
        assertTrue(exists("/test/secretary"));
    }

    @Test
    void callsToALostXenstoredFailWhileHypercallsSucceed() {
        faults.inject(Fault.xenstoredGone(3));
        xenctrl.host().extraVersion();
        store.readWatch(Duration.ZERO);
        assertEquals(Errno.EIO, errnoOf(() -> write("/test/node")));
        assertEquals(Errno.EIO, errnoOf(() -> store.readWatch(Duration.ZERO)));
        assertEquals(Errno.EIO, errnoOf(store::transactionStart));
        assertEquals(2, xenctrl.host().physInfo().cpus());
    }

    @Test
    void aKilledProcessCanDoNothingAndKeepsNothing() {
        int domid = createDomain();
        xenctrl.memory().populatePhysmap(domid, new long[] {7}, 0, 0);
        MappedPages mapping = faults.foreignMemory().map(domid, Protection.READ_WRITE, 7);
        faults.inject(Fault.processKilled(2));
        write("/test/last");
        assertFalse(faults.isKilled());
        ProcessKilled death = assertThrows(ProcessKilled.class, () -> write("/test/never"));
        assertTrue(death.getMessage().endsWith("xs_write /test/never"), death.getMessage());
        assertThrows(ProcessKilled.class, () -> write("/test/never"));
        assertThrows(ProcessKilled.class, xenctrl.host()::physInfo);
        faults.heal();
        assertTrue(faults.isKilled());
        assertThrows(ProcessKilled.class, () -> store.readWatch(Duration.ZERO));
        mapping.close();

        assertTrue(exists("/test/last"));
        assertFalse(exists("/test/never"));
        Xenctrl survivor = Xenctrl.open(other);
        survivor.domains().destroy(domid);
        assertTrue(survivor.domains().info(domid).isEmpty(), "its mapping ended with it");
    }

    @Test
    void clearingTheFaultsRemovesThemAll() {
        faults.inject(Fault.every(FaultSite::toXenstored, Errno.EIO));
        assertEquals(Errno.EIO, errnoOf(() -> write("/test/node")));
        faults.heal();
        write("/test/node");
        assertTrue(exists("/test/node"));
    }

    @Test
    void theCallsWithFaultsAreListedByNumberNameAndPath() {
        long before = faults.calls();
        faults.inject(Fault.callFails(1, Errno.EINVAL));
        errnoOf(() -> write("/test/node"));
        FaultSite call = faults.injected().get(0);
        assertEquals("call " + (before + 1) + ", xs_write /test/node", call.toString());
        assertEquals("write", call.method());
    }

    @Test
    void errnosAndErrorsOfTheLibrariesPassUnchanged() {
        assertEquals(Errno.ENOENT, errnoOf(() -> store.read(XenStore.NO_TRANSACTION, "/test/missing")));
        assertEquals(Errno.ESRCH, errnoOf(() -> faults.deviceModel().shutdown(77, 0)));
    }

    @Test
    void callsOfManyThreadsHaveDistinctNumbers() {
        List<Long> numbers = new ArrayList<>();
        faults.inject(call -> {
            numbers.add(call.number());
            return new Verdict.Passes();
        });
        long before = faults.calls();
        IntStream.range(0, 400).parallel().forEach(i -> write("/test/" + i));
        assertEquals(before + 400, faults.calls());
        AtomicLong next = new AtomicLong(before);
        assertTrue(numbers.stream().allMatch(number -> number == next.incrementAndGet()));
        assertEquals(400, numbers.size());
    }
}
