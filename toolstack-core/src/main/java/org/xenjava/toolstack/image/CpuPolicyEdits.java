// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.Iterables;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.CpuidEdit;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.ProcessorConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.CpuPolicy.Leaf;

/**
 * Changes Xen's default CPU policy to a guest's, as libxl does ({@code xc_cpuid_apply_policy}). Xen gives vCPU <i>i</i> the APIC id 2<i>i</i>. The topology leaves agree
 * with these ids, so that no guest takes two vCPUs for threads of one core.
 */
public final class CpuPolicyEdits {
    private static final int BASIC = 0;
    private static final int FEATURES = 1;
    private static final int CACHE = 4;
    private static final int EXTENDED_FEATURES = 0x8000_0001;
    private static final int POWER = 0x8000_0007;
    private static final int SIZES = 0x8000_0008;

    private static final int ECX_VMX = 1 << 5;
    private static final int EDX_PAE = 1 << 6;
    private static final int EDX_HTT = 1 << 28;
    private static final int EDX_NX = 1 << 20;
    private static final int ECX_CMP_LEGACY = 1 << 1;
    private static final int ECX_SVM = 1 << 2;
    private static final int EDX_ITSC = 1 << 8;

    private CpuPolicyEdits() {}

    /** The vendors of CPUs for which the edits differ. */
    private enum Vendor {
        INTEL,
        AMD,
        OTHER
    }

    /**
     * The leaves for a guest.
     *
     * @param hvmDefault Xen's default policy
     * @param host answers with the host's policy, if the guest's CPUID is edited
     * @param config the guest
     * @throws ConfigException if the guest's CPUID edits name a leaf that the policies lack
     */
    public static CpuPolicy of(CpuPolicy hvmDefault, Supplier<CpuPolicy> host, DomainConfig config) {
        CpuPolicy usual =
                config.hvm().map(machine -> forHvm(hvmDefault, machine)).orElseGet(() -> forGuest(hvmDefault));
        return adapted(usual, host, config);
    }

    /**
     * The leaves for a PV guest, which sees the host's own topology.
     *
     * @param pvDefault Xen's default policy
     * @param host the host's policy
     * @param config the guest
     * @throws ConfigException if the guest's CPUID edits name a leaf that the policies lack
     */
    public static CpuPolicy ofPv(CpuPolicy pvDefault, CpuPolicy host, DomainConfig config) {
        int htt = leaf(host, FEATURES).map(Leaf::edx).orElse(0) & EDX_HTT;
        int legacy = leaf(host, EXTENDED_FEATURES).map(Leaf::ecx).orElse(0) & ECX_CMP_LEGACY;
        CpuPolicy usual = new CpuPolicy(
                pvDefault.leaves().stream()
                        .map(leaf -> switch (leaf.leaf()) {
                            case FEATURES ->
                                with(leaf, leaf.eax(), leaf.ebx(), leaf.ecx(), leaf.edx() & ~EDX_HTT | htt);
                            case EXTENDED_FEATURES -> withEcx(leaf, leaf.ecx() & ~ECX_CMP_LEGACY | legacy);
                            case POWER -> withoutEdx(leaf, EDX_ITSC);
                            default -> leaf;
                        })
                        .toList(),
                List.of());
        return adapted(usual, () -> host, config);
    }

    private static Optional<Leaf> leaf(CpuPolicy policy, int number) {
        return policy.leaves().stream().filter(leaf -> leaf.leaf() == number).findFirst();
    }

    /** The policy with what the guest's configuration adds to any kind of guest. */
    private static CpuPolicy adapted(CpuPolicy usual, Supplier<CpuPolicy> host, DomainConfig config) {
        boolean staysHere = config.options().contains(GuestOption.NOMIGRATE)
                || config.clock().tscMode() == TscMode.ALWAYS_EMULATE;
        int shownPower = staysHere ? EDX_ITSC : 0;
        boolean nested = config.processor().has(ProcessorConfig.Feature.NESTEDHVM);
        Vendor vendor = vendor(usual.leaves());
        int shownBasic = nested && vendor == Vendor.INTEL ? ECX_VMX : 0;
        int shownExtended = nested && vendor == Vendor.AMD ? ECX_SVM : 0;
        CpuPolicy policy = new CpuPolicy(
                usual.leaves().stream()
                        .map(leaf -> switch (leaf.leaf()) {
                            case FEATURES -> withEcx(leaf, leaf.ecx() | shownBasic);
                            case EXTENDED_FEATURES -> withEcx(leaf, leaf.ecx() | shownExtended);
                            case POWER -> with(leaf, leaf.eax(), leaf.ebx(), leaf.ecx(), leaf.edx() | shownPower);
                            default -> leaf;
                        })
                        .toList(),
                List.of());
        List<CpuidEdit> edits = config.processor().cpuid();
        return edits.isEmpty() ? policy : edited(policy, host.get(), edits);
    }

    private static CpuPolicy edited(CpuPolicy policy, CpuPolicy host, List<CpuidEdit> edits) {
        List<Leaf> leaves = new ArrayList<>(policy.leaves());
        for (CpuidEdit edit : edits) {
            int guests = indexOf(leaves, edit);
            int hosts = indexOf(host.leaves(), edit);
            if (guests < 0 || hosts < 0) {
                throw new ConfigException("cpuid: this host's processors have no leaf 0x"
                        + Integer.toHexString(edit.leaf())
                        + (edit.subleaf().isPresent()
                                ? " with subleaf " + edit.subleaf().getAsInt()
                                : ""));
            }
            leaves.set(guests, edited(leaves.get(guests), host.leaves().get(hosts), edit));
        }
        return new CpuPolicy(leaves, List.of());
    }

    private static int indexOf(List<Leaf> leaves, CpuidEdit edit) {
        int subleaf = edit.subleaf().orElse(CpuPolicy.NO_SUBLEAF);
        return Iterables.indexOf(leaves, leaf -> leaf.leaf() == edit.leaf() && leaf.subleaf() == subleaf);
    }

    private static Leaf edited(Leaf guest, Leaf host, CpuidEdit edit) {
        return switch (edit.register()) {
            case EAX -> withEax(guest, edit.apply(guest.eax(), host.eax()));
            case EBX -> with(guest, guest.eax(), edit.apply(guest.ebx(), host.ebx()), guest.ecx(), guest.edx());
            case ECX -> withEcx(guest, edit.apply(guest.ecx(), host.ecx()));
            case EDX -> with(guest, guest.eax(), guest.ebx(), guest.ecx(), edit.apply(guest.edx(), host.edx()));
        };
    }

    private static Leaf withEcx(Leaf leaf, int ecx) {
        return with(leaf, leaf.eax(), leaf.ebx(), ecx, leaf.edx());
    }

    /**
     * The leaves for an HVM guest: {@link #forGuest} without the features that the machine's configuration disables.
     */
    static CpuPolicy forHvm(CpuPolicy hvmDefault, HvmConfig machine) {
        int hiddenBasic = machine.has(HvmFeature.PAE) ? 0 : EDX_PAE;
        int hiddenExtended = machine.has(HvmFeature.NX) ? 0 : EDX_NX;
        Map<Integer, Integer> hidden = Map.of(FEATURES, hiddenBasic, EXTENDED_FEATURES, hiddenExtended);
        return new CpuPolicy(
                forGuest(hvmDefault).leaves().stream()
                        .map(leaf -> withoutEdx(leaf, hidden.getOrDefault(leaf.leaf(), 0)))
                        .toList(),
                List.of());
    }

    /**
     * The leaves for a guest that may be migrated and has no nested virtualisation. The result contains no MSRs, so Xen
     * keeps its values.
     */
    static CpuPolicy forGuest(CpuPolicy hvmDefault) {
        Vendor vendor = vendor(hvmDefault.leaves());
        return new CpuPolicy(
                hvmDefault.leaves().stream().map(leaf -> edit(leaf, vendor)).toList(), List.of());
    }

    private static Leaf edit(Leaf leaf, Vendor vendor) {
        return switch (leaf.leaf()) {
            case FEATURES ->
                with(
                        leaf,
                        leaf.eax(),
                        doubledProcessors(leaf.ebx()),
                        leaf.ecx() & ~ECX_VMX,
                        leaf.edx() | EDX_PAE | EDX_HTT);
            case CACHE -> vendor == Vendor.INTEL ? withEax(leaf, sharedByNobody(leaf.eax())) : leaf;
            case EXTENDED_FEATURES ->
                with(leaf, leaf.eax(), leaf.ebx(), leaf.ecx() & ~(ECX_SVM | ECX_CMP_LEGACY), leaf.edx());
            case POWER -> with(leaf, leaf.eax(), leaf.ebx(), leaf.ecx(), leaf.edx() & ~EDX_ITSC);
            case SIZES ->
                vendor == Vendor.AMD ? with(leaf, leaf.eax(), leaf.ebx(), doubledCores(leaf.ecx()), leaf.edx()) : leaf;
            default -> leaf;
        };
    }

    /** Leaf 1, EBX[23:16]: logical processors in a package, limited to the field's width; 0 means one. */
    private static int doubledProcessors(int ebx) {
        int count = ebx >>> 16 & 0xff;
        int doubled = count == 0 ? 2 : count < 0x80 ? 2 * count : count;
        return ebx & ~(0xff << 16) | doubled << 16;
    }

    /**
     * Leaf 4, EAX: [31:26], cores in a package minus one, is doubled; [25:14], threads that share the cache minus one,
     * is 0. A leaf with cache type 0 in [4:0] ends the list.
     */
    private static int sharedByNobody(int eax) {
        if ((eax & 0x1f) == 0) {
            return eax;
        }
        int cores = 2 * (eax >>> 26) + 1;
        return eax & 0x3fff | cores << 26;
    }

    /**
     * Leaf 0x80000008, ECX: [7:0], cores minus one, is doubled; [15:12], the number of APIC id bits for cores, is
     * increased by one, up to 7, because some systems fail with more. The value 0 stays: it means that only [7:0]
     * counts.
     */
    private static int doubledCores(int ecx) {
        int cores = ecx & 0xff;
        if (cores >= 0x7f) {
            return ecx;
        }
        int idBits = ecx >>> 12 & 0xf;
        int moreIdBits = idBits != 0 && idBits < 7 ? idBits + 1 : idBits;
        return ecx & ~0xf0ff | moreIdBits << 12 | 2 * cores + 1;
    }

    private static Leaf withEax(Leaf leaf, int eax) {
        return with(leaf, eax, leaf.ebx(), leaf.ecx(), leaf.edx());
    }

    private static Leaf withoutEdx(Leaf leaf, int bits) {
        return with(leaf, leaf.eax(), leaf.ebx(), leaf.ecx(), leaf.edx() & ~bits);
    }

    private static Leaf with(Leaf leaf, int eax, int ebx, int ecx, int edx) {
        return new Leaf(leaf.leaf(), leaf.subleaf(), eax, ebx, ecx, edx);
    }

    private static Vendor vendor(List<Leaf> leaves) {
        return leaves.stream()
                .filter(leaf -> leaf.leaf() == BASIC)
                .findFirst()
                .map(leaf -> switch (name(leaf)) {
                    case "GenuineIntel" -> Vendor.INTEL;
                    case "AuthenticAMD", "HygonGenuine" -> Vendor.AMD;
                    default -> Vendor.OTHER;
                })
                .orElse(Vendor.OTHER);
    }

    /** The twelve letters in EBX, EDX, ECX. */
    private static String name(Leaf basic) {
        byte[] letters = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(basic.ebx())
                .putInt(basic.edx())
                .putInt(basic.ecx())
                .array();
        return new String(letters, StandardCharsets.ISO_8859_1);
    }
}
