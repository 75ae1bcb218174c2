// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.CpuPolicy.Leaf;
import org.xenjava.toolstack.xenctrl.CpuPolicy.Msr;

class CpuPolicyEditsTest {
    private static final Leaf INTEL = new Leaf(0, CpuPolicy.NO_SUBLEAF, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69);
    private static final Leaf AMD = new Leaf(0, CpuPolicy.NO_SUBLEAF, 0xd, 0x68747541, 0x444d4163, 0x69746e65);
    private static final Leaf HYGON = new Leaf(0, CpuPolicy.NO_SUBLEAF, 0xd, 0x6f677948, 0x656e6975, 0x6e65476e);
    private static final Leaf VIA = new Leaf(0, CpuPolicy.NO_SUBLEAF, 0xd, 0x746e6543, 0x736c7561, 0x48727561);

    @Test
    void theRecordedDefaultPolicyBecomesTheOneThatLibxlSet() {
        CpuPolicy before = new CpuPolicy(leaves("cpu-policy-default.hex"), List.of());
        CpuPolicy after = new CpuPolicy(leaves("cpu-policy-set.hex"), List.of());

        assertNotEquals(before, after, "the recording changes nothing: the test tests nothing");
        assertEquals(after, CpuPolicyEdits.forGuest(before));
    }

    /** The recordings of HVM guests have the same leaves. */
    @Test
    void anHvmGuestsPolicyIsThatOfOthers() {
        CpuPolicy before = new CpuPolicy(leaves("cpu-policy-default.hex"), List.of());

        assertEquals(CpuPolicyEdits.forGuest(before), CpuPolicyEdits.forHvm(before, HvmConfig.DEFAULT));
    }

    @ParameterizedTest
    @CsvSource({"PAE, 0x1, 0x40", "NX, 0x80000001, 0x100000"})
    void featuresThatTheMachineShallNotHaveAreHidden(HvmFeature feature, String leaf, String bit) {
        Set<HvmFeature> features = EnumSet.copyOf(HvmFeature.DEFAULTS);
        features.remove(feature);
        CpuPolicy policy = new CpuPolicy(List.of(AMD, leaf(1, 0, 0, 0, -1), leaf(0x8000_0001, 0, 0, 0, -1)), List.of());

        List<Leaf> shown = CpuPolicyEdits.forGuest(policy).leaves();
        List<Leaf> rest = CpuPolicyEdits.forHvm(
                        policy, HvmConfig.builder().features(features).build())
                .leaves();

        for (int i = 0; i < shown.size(); i++) {
            int hidden = shown.get(i).leaf() == Long.decode(leaf).intValue() ? Integer.decode(bit) : 0;
            assertEquals(shown.get(i).edx() & ~hidden, rest.get(i).edx());
        }
        assertNotEquals(shown, rest);
    }

    @Test
    void msrsAreLeftToXen() {
        CpuPolicy policy = new CpuPolicy(List.of(AMD), List.of(new Msr(0xce, 0, 1)));

        assertEquals(List.of(), CpuPolicyEdits.forGuest(policy).msrs());
    }

    @Test
    void featuresThatTheGuestCannotHaveAreCleared() {
        assertEquals(leaf(1, 0, 2 << 16, ~(1 << 5), -1), edited(INTEL, leaf(1, 0, 0, -1, -1)));
        assertEquals(leaf(0x8000_0001, 0, 0, ~6, -1), edited(AMD, leaf(0x8000_0001, 0, 0, -1, -1)));
        assertEquals(leaf(0x8000_0007, -1, -1, -1, ~(1 << 8)), edited(AMD, leaf(0x8000_0007, -1, -1, -1, -1)));
    }

    @Test
    void paeAndSeveralProcessorsInAPackageAreAlwaysAnnounced() {
        assertEquals(1 << 6 | 1 << 28, edited(AMD, leaf(1, 0, 0, 0, 0)).edx());
    }

    @ParameterizedTest
    @CsvSource({"0, 2", "1, 2", "4, 8", "127, 254", "128, 128", "255, 255"})
    void theNumberOfProcessorsDoublesWithoutOverflow(int before, int after) {
        int rest = 0xff00_f1ff;

        assertEquals(
                rest | after << 16,
                edited(AMD, leaf(1, 0, rest | before << 16, 0, 0)).ebx());
    }

    @ParameterizedTest
    @CsvSource({"1003, 2007", "3, 7", "6003, 7007", "7003, 7007", "f003, f007", "707e, 70fd", "707f, 707f", "70ff, 70ff"
    })
    void amdCoresDoubleAndTheirIdsGetOneBitMore(String before, String after) {
        Leaf leaf = leaf(0x8000_0008, 1, 2, Integer.parseInt(before, 16), 3);
        Leaf expected = leaf(0x8000_0008, 1, 2, Integer.parseInt(after, 16), 3);

        assertEquals(expected, edited(AMD, leaf));
        assertEquals(expected, edited(HYGON, leaf));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            nestedhvm = 1                       | 80000001 | ecx | 4        | 4
            nomigrate = 1                       | 80000007 | edx | 100      | 100
            tsc_mode = "always_emulate"         | 80000007 | edx | 100      | 100
            tsc_mode = "native"                 | 80000007 | edx | 100      | 0
            cpuid = "host,sse3=0"               | 1        | ecx | 1        | 0
            cpuid = "host,monitor=1"            | 1        | ecx | 8        | 8
            cpuid = "host,cx16=k"               | 1        | ecx | 2000     | 2000
            """)
    void keysOfXlCfgChangeTheirBits(String key, String leaf, String register, String bit, String expected) {
        CpuPolicy standard = new CpuPolicy(leaves("cpu-policy-default.hex"), List.of());
        CpuPolicy host = new CpuPolicy(
                standard.leaves().stream()
                        .map(one -> new Leaf(one.leaf(), one.subleaf(), -1, -1, -1, -1))
                        .toList(),
                List.of());
        DomainConfig config = XlConfigReader.parse("name='x'; type='hvm'; memory=64\n" + key, "f")
                .config();

        int found = Integer.parseUnsignedInt(leaf, 16);
        Leaf edited = CpuPolicyEdits.of(standard, () -> host, config).leaves().stream()
                .filter(one -> one.leaf() == found)
                .findFirst()
                .orElseThrow();

        int value = register.equals("ecx") ? edited.ecx() : edited.edx();
        assertEquals(Integer.parseInt(expected, 16), value & Integer.parseInt(bit, 16));
    }

    @Test
    void aGuestWithoutSuchKeysDoesNotAskForTheHostsPolicy() {
        CpuPolicy standard = new CpuPolicy(leaves("cpu-policy-default.hex"), List.of());
        DomainConfig config =
                XlConfigReader.parse("name='x'; type='hvm'; memory=64", "f").config();

        assertEquals(
                CpuPolicyEdits.forGuest(standard),
                CpuPolicyEdits.of(
                        standard,
                        () -> {
                            throw new AssertionError("asked");
                        },
                        config));
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 3", "31, 63", "63, 63"})
    void intelCoresDoubleAndCachesAreSharedByNobody(int before, int after) {
        Leaf leaf = new Leaf(4, 2, before << 26 | 0x3 << 14 | 0x163, 2, 3, 4);

        assertEquals(new Leaf(4, 2, after << 26 | 0x163, 2, 3, 4), edited(INTEL, leaf));
    }

    @Test
    void theEndOfIntelsListOfCachesStaysAsItIs() {
        Leaf end = new Leaf(4, 4, 0, 0, 0, 0);

        assertEquals(end, edited(INTEL, end));
    }

    @Test
    void eachVendorsTopologyLeavesMeanNothingToTheOthers() {
        Leaf caches = new Leaf(4, 0, 0xc163, 2, 3, 4);
        Leaf sizes = leaf(0x8000_0008, 1, 2, 0x1003, 3);

        assertEquals(caches, edited(AMD, caches));
        assertEquals(sizes, edited(INTEL, sizes));
        assertEquals(sizes, edited(VIA, sizes));
        assertEquals(caches, edited(VIA, caches));
    }

    private static Leaf edited(Leaf vendor, Leaf leaf) {
        return CpuPolicyEdits.forGuest(new CpuPolicy(List.of(vendor, leaf), List.of()))
                .leaves()
                .get(1);
    }

    private static Leaf leaf(int number, int eax, int ebx, int ecx, int edx) {
        return new Leaf(number, CpuPolicy.NO_SUBLEAF, eax, ebx, ecx, edx);
    }

    private static List<Leaf> leaves(String recording) {
        ByteBuffer bytes = ByteBuffer.wrap(Resources.recorded(recording)).order(ByteOrder.LITTLE_ENDIAN);
        List<Leaf> leaves = new ArrayList<>();
        while (bytes.hasRemaining()) {
            leaves.add(new Leaf(
                    bytes.getInt(), bytes.getInt(), bytes.getInt(), bytes.getInt(), bytes.getInt(), bytes.getInt()));
        }
        return leaves;
    }
}
