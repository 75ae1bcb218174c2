// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The bytes were written by hand from Xen 4.17's public headers. */
class DomainCallsTest extends HypercallBytes {
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
        CreateDomain.Extras extras = new CreateDomain.Extras(0x1_0000, DomctlOp.MSR_RELAXED, 2, 3, 0, 17);
        assertEquals(
                hex(
                        "01000000 15000000 f57f 000000000000",
                        "11000000 00112233445566778899aabbccddeeff", // ssidref
                        "01000000 00000000 02000000 ff070000", // max_evtchn_port 2047
                        "40000000 00000000 02000000 00000100 00000000", // 64 grant frames, 0 maptrack frames, 64 KiB of
                        // trace
                        "01000000 01000000", // misc_flags: relaxed MSRs
                        zeros(64)),
                bytesOf(DOMCTL, 144, () -> xenctrl.domains()
                        .create(new CreateDomain(HANDLE, 1, 1, 2, 2, limits, extras))));
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
    void createdomainReturnsTheDomidThatXenChose() {
        xen.answering((op, args) -> {
            xen.at(args[0]).putShort(8, (short) 0x7FEF);
            return 0;
        });
        assertEquals(0x7FEF, xenctrl.domains().create(new CreateDomain(HANDLE, 3, 1, 2, 2)));
    }

    @Test
    void domainInfoIsDecoded() {
        xen.answering((op, args) -> {
            assertEquals(5, xen.at(args[0]).getShort(8));
            putDomain(xen.at(args[0]), 16, 5);
            return 0;
        });
        DomainInfo info = xenctrl.domains().info(5).orElseThrow();
        assertEquals(
                new DomainInfo(5, 0x0003_0126, 65544, 65792, 7, 0, 1_000_000_000_000L, 2, 1, HANDLE, 0, 0, 1), info);
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
    void aDomainThatCannotBeCreatedHasNoDomid() {
        xen.failing(Errno.ENOMEM);
        HypercallException failure = assertThrows(
                HypercallException.class, () -> xenctrl.domains().create(new CreateDomain(HANDLE, 3, 1, 2, 2)));
        assertEquals("XEN_DOMCTL_createdomain: ENOMEM", failure.getMessage());
    }
}
