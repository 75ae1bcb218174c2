// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The bytes were written by hand from Xen 4.17's public headers. */
class XenctrlTest {
    private static final UUID HANDLE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final int XEN_VERSION = 17;
    private static final int SYSCTL = 35;
    private static final int DOMCTL = 36;

    private final HandmadeXen xen = new HandmadeXen();
    private Xenctrl xenctrl;

    @BeforeEach
    void open() {
        xenctrl = Xenctrl.open(xen);
        xen.takeCalls();
    }

    @AfterEach
    void everyBufferIsGivenBack() {
        assertEquals(0, xen.openBuffers());
    }

    // ---- opening ------------------------------------------------------------------------------------------

    @Test
    void theRunningReleaseIsAskedFor() {
        assertEquals(XenRelease.V4_17, xenctrl.abi().release());
    }

    @Test
    void aReleaseOlderThanTheOldestIsRefusedWithThoseThatAreSupported() {
        xen.answering((op, args) -> 4 << 16 | 13);
        UnsupportedXenException refusal = assertThrows(UnsupportedXenException.class, () -> Xenctrl.open(xen));
        assertEquals(new XenRelease(4, 13), refusal.running());
        assertEquals(
                "Xen 4.13 is not supported: it is older than the oldest release that is described; supported: "
                        + String.join(
                                ", ",
                                XenAbi.supportedReleases().stream()
                                        .map(XenRelease::toString)
                                        .toList()),
                refusal.getMessage());
    }

    @ParameterizedTest(name = "hypercall {0}")
    @ValueSource(ints = {SYSCTL, DOMCTL})
    void anotherInterfaceVersionThanTheReleasesIsRefused(int patched) {
        xen.answering((op, args) -> {
            if (op == patched) {
                throw HandmadeXen.failure(op, Errno.EACCES);
            }
            return op == XEN_VERSION ? 4 << 16 | 17 : 0;
        });
        UnsupportedXenException refusal = assertThrows(UnsupportedXenException.class, () -> Xenctrl.open(xen));
        String name = patched == SYSCTL ? "sysctl" : "domctl";
        assertEquals(
                "Xen 4.17 is not supported: it wants another " + name + " interface version than that release",
                refusal.getMessage().replaceAll("; supported.*", ""));
    }

    @Test
    void aDomainWithoutPrivilegesIsToldToRunInDom0() {
        xen.answering((op, args) -> {
            if (op == XEN_VERSION) {
                return 4 << 16 | 17;
            }
            throw HandmadeXen.failure(op, Errno.EPERM);
        });
        XenAccessException refusal = assertThrows(XenAccessException.class, () -> Xenctrl.open(xen));
        assertEquals("Xen refuses this domain what only its control domain may do: run in dom0", refusal.getMessage());
    }

    @Test
    void aHypercallThatCannotBeMadeAtAllIsReportedAsThat() {
        xen.failing(Errno.ENOSYS);
        HypercallException failure = assertThrows(HypercallException.class, () -> Xenctrl.open(xen));
        assertEquals("XENVER_version: ENOSYS", failure.getMessage());
    }

    // ---- bytes --------------------------------------------------------------------------------------------

    /** Makes the call and returns the first bytes of the buffer that its last argument points at. */
    private String bytesOf(int wantedOp, int size, Runnable call) {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            assertEquals(wantedOp, op);
            seen.add(xen.hex(args[args.length - 1], size));
            return 0;
        });
        call.run();
        assertEquals(1, seen.size());
        return seen.get(0);
    }

    /** Like {@link #bytesOf}, for hypercalls whose first argument is a sub-command. */
    private String bytesOf(int wantedOp, long subcommand, int size, Runnable call) {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            assertEquals(wantedOp, op);
            assertEquals(2, args.length);
            assertEquals(subcommand, args[0]);
            seen.add(xen.hex(args[1], size));
            return 0;
        });
        call.run();
        assertEquals(1, seen.size());
        return seen.get(0);
    }

    private static String hex(String... parts) {
        return String.join("", parts).replace(" ", "");
    }

    private static String zeros(int bytes) {
        return "00".repeat(bytes);
    }

    @Test
    void createdomainIsEncoded() {
        assertEquals(
                hex(
                        "01000000 15000000 f57f 000000000000", // cmd, interface_version, domain: any
                        "00000000 00112233445566778899aabbccddeeff", // ssidref, handle
                        "03000000 00000000 02000000 ff030000", // flags, iommu_opts, max_vcpus, max_evtchn_port
                        "ffffffff ffffffff 02000000 00000000 00000000", // grant and maptrack frames, opts, vmtrace,
                        // pool
                        "01000000 00000000", // emulation_flags, misc_flags
                        zeros(64)),
                bytesOf(DOMCTL, 144, () -> xenctrl.domains().create(new CreateDomain(HANDLE, 3, 1, 2, 2))));
    }

    @Test
    void createdomainHasTheLimitsThatAreAskedFor() {
        CreateDomain.Limits limits = new CreateDomain.Limits(OptionalInt.of(64), OptionalInt.of(0), 2047);
        assertEquals(
                hex(
                        "01000000 15000000 f57f 000000000000",
                        "00000000 00112233445566778899aabbccddeeff",
                        "01000000 00000000 02000000 ff070000", // max_evtchn_port 2047
                        "40000000 00000000 02000000 00000000 00000000", // 64 grant frames, 0 maptrack frames
                        "01000000 00000000",
                        zeros(64)),
                bytesOf(DOMCTL, 144, () -> xenctrl.domains().create(new CreateDomain(HANDLE, 1, 1, 2, 2, limits))));
    }

    static Stream<Arguments> domctls() {
        return Stream.of(
                domctl("02", "", x -> x.domains().destroy(0x7FEF)),
                domctl("03", "", x -> x.domains().pause(0x7FEF)),
                domctl("04", "", x -> x.domains().unpause(0x7FEF)),
                domctl("0b", "0000100000000000", x -> x.memory().setMaxMem(0x7FEF, KiB.of(1 << 20))),
                domctl("0f", "80000000", x -> x.domains().setMaxVcpus(0x7FEF, 128)),
                domctl("3c", "02000000", x -> x.domains().setTscMode(0x7FEF, 2)),
                domctl("18", "feffffffffffffff", x -> x.domains().setTimeOffset(0x7FEF, -2)),
                domctl("56", "0000400000000000", x -> x.memory().setPagingPool(0x7FEF, Pages.holding(4 << 20))));
    }

    private static Arguments domctl(String command, String body, Consumer<Xenctrl> call) {
        return Arguments.of(command, body, call);
    }

    @ParameterizedTest(name = "command 0x{0}")
    @MethodSource("domctls")
    void domctlsAreEncoded(String command, String body, Consumer<Xenctrl> call) {
        String header = hex(command, "000000 15000000 ef7f 000000000000");
        assertEquals(header + body + zeros(128 - body.length() / 2), bytesOf(DOMCTL, 144, () -> call.accept(xenctrl)));
    }

    @Test
    void setPodTargetIsEncodedAndItsCountersAreRead() {
        assertEquals(hex("0000010000000000", zeros(24), "0500 000000000000"), bytesOf(12, 16, 40, () -> xenctrl.memory()
                .setPodTarget(5, Pages.of(65536))));

        xen.answering((op, args) -> {
            ByteBuffer answer = xen.at(args[1]);
            answer.putLong(8, 0x1_0000_0001L).putLong(16, 2).putLong(24, 50396);
            return 0;
        });
        PodCounters counters = xenctrl.memory().setPodTarget(5, Pages.of(65536));
        assertEquals(new PodCounters(0x1_0000_0001L, 2, 50396), counters);
        assertEquals(50394, counters.debt());
    }

    @Test
    void getPodTargetIsEncoded() {
        assertEquals(hex(zeros(32), "ef7f 000000000000"), bytesOf(12, 17, 40, () -> xenctrl.memory()
                .podTarget(0x7FEF)));
    }

    @Test
    void populatePhysmapPassesItsGfnsAndReturnsExtentsDone() {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            assertArrayEquals(new long[] {6, args[1]}, args);
            seen.add(xen.hex(args[1], 32).substring(16));
            seen.add(xen.hex(xen.at(args[1]).getLong(0), 24));
            return 2;
        });
        assertEquals(2, xenctrl.memory().populatePhysmap(5, new long[] {0, 512, 0x1_0000_0000L}, 9, 0x10000));
        assertEquals(
                List.of(
                        hex("0300000000000000 09000000 00000100 0500 000000000000"),
                        hex("0000000000000000 0002000000000000 0000000001000000")),
                seen);
    }

    @Test
    void claimPagesIsEncoded() {
        assertEquals(
                hex(zeros(8), "0000010000000000", zeros(8), "0500 000000000000"),
                bytesOf(12, 24, 32, () -> xenctrl.memory().claimPages(5, Pages.of(65536))));
    }

    @Test
    void theMemoryMapIsAnArrayOf20ByteEntries() {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            assertArrayEquals(new long[] {13, args[1]}, args);
            seen.add(xen.hex(args[1], 16));
            seen.add(xen.hex(xen.at(args[1]).getLong(16), 40));
            return 0;
        });
        xenctrl.memory()
                .setMemoryMap(
                        5,
                        List.of(
                                new MemoryMapEntry(0, 0x1000_0000, MemoryMapEntry.Type.RAM),
                                new MemoryMapEntry(0xFC00_0000L, 0x1000, MemoryMapEntry.Type.ACPI)));
        assertEquals(
                List.of(
                        hex("0500 000000000000 02000000 00000000"),
                        hex(
                                "0000000000000000 0000001000000000 01000000",
                                "000000fc00000000 0010000000000000 03000000")),
                seen);
    }

    @Test
    void hvmParametersAreEncodedAndRead() {
        assertEquals(hex("0500 0000 11000000 fccf0f0000000000"), bytesOf(34, 0, 16, () -> xenctrl.hvm()
                .setParam(5, HvmParam.CONSOLE_PFN, 0xFCFFC)));

        xen.answering((op, args) -> {
            assertEquals(1, args[0]);
            assertEquals(hex("0500 0000 02000000", zeros(8)), xen.hex(args[1], 16));
            xen.at(args[1]).putLong(8, 0x1234_5678_9ABCL);
            return 0;
        });
        assertEquals(0x1234_5678_9ABCL, xenctrl.hvm().param(5, HvmParam.STORE_EVTCHN));
    }

    @Test
    void anUnboundPortIsAllocatedInTheGuest() {
        xen.answering((op, args) -> {
            assertEquals(32, op);
            assertEquals(6, args[0]);
            assertEquals(hex("0500 0100 00000000"), xen.hex(args[1], 8));
            xen.at(args[1]).putInt(4, 2);
            return 0;
        });
        assertEquals(2, xenctrl.events().allocUnboundPort(5, 1));
    }

    @Test
    void remoteShutdownIsEncoded() {
        assertEquals(hex("0500 0000 03000000"), bytesOf(29, 4, 8, () -> xenctrl.domains()
                .remoteShutdown(5, 3)));
    }

    @Test
    void aCpuPolicyIsTwoArrays() {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            seen.add(xen.hex(args[0], 24));
            seen.add(xen.hex(request.getLong(24), 24));
            seen.add(xen.hex(request.getLong(32), 16));
            return 0;
        });
        xenctrl.domains()
                .setCpuPolicy(
                        5,
                        new CpuPolicy(
                                List.of(new CpuPolicy.Leaf(0x8000_0001, CpuPolicy.NO_SUBLEAF, 1, 2, 0xFFFF_FFFF, 4)),
                                List.of(new CpuPolicy.Msr(0xCE, 0, Long.MIN_VALUE))));
        assertEquals(
                List.of(
                        hex("53000000 15000000 0500 000000000000 01000000 01000000"),
                        hex("01000080 ffffffff 01000000 02000000 ffffffff 04000000"),
                        hex("ce000000 00000000 0000000000000080")),
                seen);
    }

    @Test
    void theHvmContextIsAskedForItsSizeFirst() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(33, request.getInt(0));
            long buffer = request.getLong(24);
            if (buffer == 0) {
                request.putInt(16, 100);
            } else {
                assertEquals(100, request.getInt(16));
                xen.at(buffer).put(0, new byte[] {1, 2, 3});
                request.putInt(16, 3);
            }
            return 0;
        });
        assertArrayEquals(new byte[] {1, 2, 3}, xenctrl.hvm().context(5));
        assertEquals(2, xen.takeCalls().size());
    }

    @Test
    void theHvmContextIsSetWhole() {
        xen.answering((op, args) -> {
            assertEquals(hex("22000000 15000000 0500 000000000000 03000000 00000000"), xen.hex(args[0], 24));
            assertEquals("010203", xen.hex(xen.at(args[0]).getLong(24), 3));
            return 0;
        });
        xenctrl.hvm().setContext(5, new byte[] {1, 2, 3});
    }

    // ---- answers ------------------------------------------------------------------------------------------

    @Test
    void createdomainReturnsTheDomidThatXenChose() {
        xen.answering((op, args) -> {
            xen.at(args[0]).putShort(8, (short) 0x7FEF);
            return 0;
        });
        assertEquals(0x7FEF, xenctrl.domains().create(new CreateDomain(HANDLE, 3, 1, 2, 2)));
    }

    @Test
    void whatXenKnowsOfADomainIsRead() {
        xen.answering((op, args) -> {
            assertEquals(5, xen.at(args[0]).getShort(8));
            putDomain(xen.at(args[0]), 16, 5);
            return 0;
        });
        DomainInfo info = xenctrl.domains().info(5).orElseThrow();
        assertEquals(new DomainInfo(5, 0x0003_0126, 65544, 65792, 7, 1_000_000_000_000L, 2, 1, HANDLE, 1), info);
        assertEquals(3, info.shutdownReason());
    }

    /** Up to 4.17 Xen answers for the next higher domid. */
    @Test
    void theAnswerForAnotherDomainIsNoAnswer() {
        xen.answering((op, args) -> {
            putDomain(xen.at(args[0]), 16, 6);
            return 0;
        });
        assertEquals(Optional.empty(), xenctrl.domains().info(5));
    }

    @Test
    void noSuchDomainIsNoFailure() {
        xen.failing(Errno.ESRCH);
        assertEquals(Optional.empty(), xenctrl.domains().info(5));
    }

    @Test
    void anotherFailureToGetADomainsInfoIsOne() {
        xen.failing(Errno.EPERM);
        assertThrows(HypercallException.class, () -> xenctrl.domains().info(5));
    }

    @ParameterizedTest(name = "{0} domains")
    @ValueSource(ints = {0, 1, 63, 64, 65, 128, 200})
    void everyDomainIsListedHoweverManyThereAre(int count) {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(6, request.getInt(0));
            int first = request.getShort(8);
            int max = request.getInt(12);
            ByteBuffer array = xen.at(request.getLong(16));
            // Every third domid, so that the next call has to begin after the last one, not after its index.
            int[] domids = IntStream.range(0, count)
                    .map(i -> 3 * i)
                    .filter(d -> d >= first)
                    .limit(max)
                    .toArray();
            for (int i = 0; i < domids.length; i++) {
                putDomain(array, i * 112, domids[i]);
            }
            request.putInt(24, domids.length);
            return 0;
        });
        assertEquals(
                IntStream.range(0, count).map(i -> 3 * i).boxed().toList(),
                xenctrl.domains().list().stream().map(DomainInfo::domid).toList());
    }

    private static void putDomain(ByteBuffer buffer, int at, int domid) {
        buffer.putShort(at, (short) domid)
                .putInt(at + 4, 0x0003_0126)
                .putLong(at + 8, 65544)
                .putLong(at + 16, 65792)
                .putLong(at + 24, 7)
                .putLong(at + 56, 1_000_000_000_000L)
                .putInt(at + 64, 2)
                .putInt(at + 68, 1)
                .putInt(at + 104, 1);
        for (int i = 0; i < 16; i++) {
            buffer.put(at + 76 + i, (byte) (0x11 * i));
        }
    }

    @Test
    void theHostIsRead() {
        xen.answering((op, args) -> {
            assertEquals(hex("03000000 15000000", zeros(128)), xen.hex(args[0], 136));
            xen.at(args[0])
                    .putInt(16, 4)
                    .putInt(32, 2_400_000)
                    .putInt(36, 0x30B)
                    .putLong(48, 0x10_0000)
                    .putLong(56, 0x8_0000)
                    .putLong(64, 5)
                    .putLong(72, 6);
            return 0;
        });
        assertEquals(
                new PhysInfo(4, 2_400_000, 0x30B, 0x10_0000, 0x8_0000, 5, 6),
                xenctrl.host().physInfo());
    }

    @Test
    void theConsoleIsReadUpToWhatXenFilled() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("01000000 15000000 00000000 00000000"), xen.hex(args[0], 16));
            assertEquals(16384, request.getInt(24));
            xen.at(request.getLong(16)).put(0, "(XEN) hello\n".getBytes(US_ASCII));
            request.putInt(24, 12);
            return 0;
        });
        assertEquals("(XEN) hello\n", xenctrl.host().readConsole(16384));
    }

    @Test
    void theExtraVersionEndsAtItsNulOrAfter16Bytes() {
        xen.answering((op, args) -> {
            xen.at(args[1]).put(0, ".7\0rubbish".getBytes(US_ASCII));
            return 0;
        });
        assertEquals(".7", xenctrl.host().extraVersion());
        xen.answering((op, args) -> {
            xen.at(args[1]).put(0, ".7+13-g2445b30a4 and more".getBytes(US_ASCII));
            return 0;
        });
        assertEquals(".7+13-g2445b30a4", xenctrl.host().extraVersion());
    }

    @Test
    void theDefaultCpuPolicyIsAskedForItsSizeFirst() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("1d000000 15000000 05000000"), xen.hex(args[0], 12));
            long leaves = request.getLong(24);
            if (leaves == 0) {
                request.putInt(12, 120).putInt(16, 2);
            } else {
                assertEquals(120, request.getInt(12));
                xen.at(leaves).putInt(24, 0x8000_0000).putInt(24 + 8, 0x8000_0028);
                xen.at(request.getLong(32)).putInt(0, 0xCE).putLong(8, 1L << 31);
                request.putInt(12, 2).putInt(16, 1);
            }
            return 0;
        });
        CpuPolicy policy = xenctrl.host().defaultHvmCpuPolicy();
        assertEquals(2, policy.leaves().size());
        assertEquals(
                new CpuPolicy.Leaf(0x8000_0000, 0, 0x8000_0028, 0, 0, 0),
                policy.leaves().get(1));
        assertEquals(List.of(new CpuPolicy.Msr(0xCE, 0, 1L << 31)), policy.msrs());
    }

    // ---- failures -----------------------------------------------------------------------------------------

    static Stream<Arguments> callsOnADomain() {
        return Stream.of(
                onDomain("XEN_DOMCTL_destroydomain", (x, d) -> x.domains().destroy(d)),
                onDomain("XEN_DOMCTL_pausedomain", (x, d) -> x.domains().pause(d)),
                onDomain("XEN_DOMCTL_unpausedomain", (x, d) -> x.domains().unpause(d)),
                onDomain("XEN_DOMCTL_getdomaininfo", (x, d) -> x.domains().info(d)),
                onDomain("XEN_DOMCTL_max_vcpus", (x, d) -> x.domains().setMaxVcpus(d, 1)),
                onDomain("XEN_DOMCTL_max_mem", (x, d) -> x.memory().setMaxMem(d, KiB.of(1))),
                onDomain("XEN_DOMCTL_set_paging_mempool_size", (x, d) -> x.memory()
                        .setPagingPool(d, Pages.holding(4096))),
                onDomain("XEN_DOMCTL_settimeoffset", (x, d) -> x.domains().setTimeOffset(d, 0)),
                onDomain("XEN_DOMCTL_settscinfo", (x, d) -> x.domains().setTscMode(d, 0)),
                onDomain("XEN_DOMCTL_set_cpu_policy", (x, d) -> x.domains()
                        .setCpuPolicy(d, new CpuPolicy(List.of(), List.of()))),
                onDomain("XEN_DOMCTL_gethvmcontext", (x, d) -> x.hvm().context(d)),
                onDomain("XEN_DOMCTL_sethvmcontext", (x, d) -> x.hvm().setContext(d, new byte[1])),
                onDomain("SCHEDOP_remote_shutdown", (x, d) -> x.domains().remoteShutdown(d, 0)),
                onDomain("XENMEM_populate_physmap", (x, d) -> x.memory().populatePhysmap(d, new long[1], 0, 0)),
                onDomain("XENMEM_claim_pages", (x, d) -> x.memory().claimPages(d, Pages.of(1))),
                onDomain("XENMEM_set_pod_target", (x, d) -> x.memory().setPodTarget(d, Pages.of(1))),
                onDomain("XENMEM_get_pod_target", (x, d) -> x.memory().podTarget(d)),
                onDomain("XENMEM_set_memory_map", (x, d) -> x.memory().setMemoryMap(d, List.of())),
                onDomain("HVMOP_set_param(STORE_PFN)", (x, d) -> x.hvm().setParam(d, HvmParam.STORE_PFN, 1)),
                onDomain("HVMOP_get_param(STORE_PFN)", (x, d) -> x.hvm().param(d, HvmParam.STORE_PFN)),
                onDomain("EVTCHNOP_alloc_unbound", (x, d) -> x.events().allocUnboundPort(d, 0)));
    }

    private interface DomainCall {
        void on(Xenctrl xenctrl, int domid);
    }

    private static Arguments onDomain(String name, DomainCall call) {
        return Arguments.of(name, call);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("callsOnADomain")
    void aFailureNamesTheHypercallTheDomainAndErrno(String name, DomainCall call) {
        xen.failing(Errno.ENOMEM);
        HypercallException failure = assertThrows(HypercallException.class, () -> call.on(xenctrl, 5));
        assertEquals(name, failure.hypercall());
        assertEquals(5, failure.domid());
        assertEquals(Errno.ENOMEM, failure.errno());
        assertEquals(name + " on domain 5: ENOMEM", failure.getMessage());
        assertInstanceOf(XenLibException.class, failure.getCause());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("callsOnADomain")
    void aDomidThatXenWouldCutOrTakeForASpecialOneIsRefusedBeforeAnyCall(String name, DomainCall call) {
        for (int domid : new int[] {-1, 0x7FF0, 0x7FF5, 0x7FFF, 0x10000, 0x10005, Integer.MIN_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> call.on(xenctrl, domid));
        }
        assertEquals(List.of(), xen.takeCalls());
    }

    @Test
    void theOtherEndOfAPortMustBeADomainToo() {
        assertThrows(IllegalArgumentException.class, () -> xenctrl.events().allocUnboundPort(5, 0x7FF0));
        assertEquals(List.of(), xen.takeCalls());
    }

    @Test
    void aFailureThatConcernsNoDomainNamesNone() {
        xen.failing(Errno.EPERM);
        HypercallException failure =
                assertThrows(HypercallException.class, () -> xenctrl.domains().list());
        assertEquals("XEN_SYSCTL_getdomaininfolist: EPERM", failure.getMessage());
        assertEquals(HypercallException.NO_DOMAIN, failure.domid());
    }

    @Test
    void aDomainThatCannotBeCreatedHasNoDomid() {
        xen.failing(Errno.ENOMEM);
        HypercallException failure = assertThrows(
                HypercallException.class, () -> xenctrl.domains().create(new CreateDomain(HANDLE, 3, 1, 2, 2)));
        assertEquals("XEN_DOMCTL_createdomain: ENOMEM", failure.getMessage());
    }

    @Test
    void aValueThatDoesNotFitItsFieldIsRefusedBeforeAnyCall() {
        assertThrows(IllegalArgumentException.class, () -> xenctrl.domains().setMaxVcpus(5, -1));
        assertThrows(IllegalArgumentException.class, () -> xenctrl.memory().populatePhysmap(5, new long[1], -1, 0));
        assertEquals(List.of(), xen.takeCalls());
    }
}
