// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.tests.abi;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.EventChannelOp;
import org.xenjava.toolstack.xenctrl.abi.FlaskOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.HvmSaveRecord;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.PhysdevOp;
import org.xenjava.toolstack.xenctrl.abi.SchedOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

class AbiFactsTest {
    /** What precedes our names of a class's constants in C; one of them must. */
    private static final Map<Class<?>, List<String>> C_PREFIXES = Map.ofEntries(
            Map.entry(Hypercall.class, List.of("__HYPERVISOR_")),
            Map.entry(MemoryOp.class, List.of("XENMEM_", "")),
            Map.entry(DomctlOp.class, List.of("XEN_DOMCTL_", "XEN_X86_", "XEN_", "")),
            Map.entry(PhysdevOp.class, List.of("PHYSDEVOP_", "")),
            Map.entry(SysctlOp.class, List.of("XEN_SYSCTL_")),
            Map.entry(SchedOp.class, List.of("SCHEDOP_")),
            Map.entry(EventChannelOp.class, List.of("EVTCHNOP_")),
            Map.entry(HvmParam.class, List.of("HVM_PARAM_", "")),
            Map.entry(MemoryMapEntry.Type.class, List.of("XEN_HVM_MEMMAP_TYPE_")),
            Map.entry(CpuPolicy.class, List.of("XEN_CPUID_")),
            Map.entry(XenStorePermission.class, List.of("XS_PERM_")),
            Map.entry(FlaskOp.class, List.of("FLASK_")));

    /** Numbers of a release that are no macros: what libxl of that release does. */
    private static final Set<String> OF_LIBXL = Set.of(XenAbi.HVM_EMULATION_FLAGS);

    /** Constants that not every release has a macro for. */
    private static final Set<String> OF_LATER_RELEASES = Set.of(
            "DomctlOp.GET_PAGING_MEMPOOL_SIZE",
            "DomctlOp.SET_PAGING_MEMPOOL_SIZE",
            "DomctlOp.GET_DOMAIN_STATE",
            "DomctlOp.CDF_NESTED_VIRT",
            "DomctlOp.CDF_VPMU",
            "DomctlOp.MSR_RELAXED",
            "DomctlOp.GETDOMSTATE_STATE_EXIST",
            "DomctlOp.GETDOMSTATE_STATE_SHUTDOWN",
            "DomctlOp.GETDOMSTATE_STATE_DYING",
            "DomctlOp.GETDOMSTATE_STATE_DEAD",
            "SysctlOp.PHYSCAP_VMTRACE",
            "SysctlOp.PHYSCAP_VPMU",
            "SysctlOp.PHYSCAP_GNTTAB_V1",
            "SysctlOp.PHYSCAP_GNTTAB_V2",
            "XenStorePermission.NONE",
            "XenStorePermission.READ",
            "XenStorePermission.WRITE");

    /** Constants that no macro of that name gives; other tests here check them. */
    private static final Set<String> WITHOUT_MACRO =
            Set.of("DomctlOp.UNION_OFFSET", "SysctlOp.UNION_OFFSET", "FlaskOp.UNION_OFFSET", "DomctlOp.DOMID_ANY");

    static Collection<XenRelease> supportedReleases() {
        return XenAbi.supportedReleases();
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void everyStructHasTheSizeThatXensHeadersGiveIt(XenRelease release) throws IOException {
        AbiFacts facts = AbiFacts.of(release);
        assertAll(abi(release).structs().stream()
                .map(s -> () ->
                        assertEquals(facts.structSize(s.name()), Optional.of(s.size()), "size of struct " + s.name())));
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void everyFieldLiesWhereXensHeadersPutIt(XenRelease release) throws IOException {
        AbiFacts facts = AbiFacts.of(release);
        assertAll(abi(release).structs().stream().flatMap(s -> s.fields().values().stream()
                .map(f -> () -> assertEquals(
                        facts.field(s.name(), f.name()), Optional.of(asFact(f)), s.name() + "." + f.name()))));
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void everyNumberOfTheReleaseIsItsMacrosValue(XenRelease release) throws IOException {
        AbiFacts facts = AbiFacts.of(release);
        assertAll(abi(release).constants().entrySet().stream()
                .filter(c -> !OF_LIBXL.contains(c.getKey()))
                .map(c -> () -> assertEquals(facts.macro(c.getKey()), Optional.of(c.getValue()), c.getKey())));
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void everyNumberInJavaIsItsMacrosValue(XenRelease release) throws IOException {
        AbiFacts facts = AbiFacts.of(release);
        List<Executable> checks = new ArrayList<>();
        C_PREFIXES.forEach((owner, prefixes) -> numbers(owner).forEach((name, value) -> {
            String constant = owner.getSimpleName() + "." + name;
            boolean optional = OF_LATER_RELEASES.contains(constant)
                    && prefixes.stream()
                            .noneMatch(prefix -> facts.macro(prefix + name).isPresent());
            if (!WITHOUT_MACRO.contains(constant) && !optional) {
                checks.add(() -> assertEquals(
                        List.of(Integer.toUnsignedLong(value)),
                        prefixes.stream()
                                .flatMap(prefix -> facts.macro(prefix + name).stream())
                                .toList(),
                        constant));
            }
        }));
        assertAll(checks);
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void everySaveRecordHasItsTypeCode(XenRelease release) throws IOException {
        AbiFacts facts = AbiFacts.of(release);
        assertAll(Arrays.stream(HvmSaveRecord.values())
                .map(r -> () -> assertEquals(facts.saveCode(r.name()), Optional.of((long) r.typecode()), r.name())));
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void everyErrnoIsTheSameInLinuxAndInXen(XenRelease release) throws IOException {
        AbiFacts facts = AbiFacts.of(release);
        List<Errno> known = Stream.iterate(1, i -> i + 1)
                .limit(200)
                .map(Errno::new)
                .filter(e -> !e.symbol().contains(" "))
                .toList();
        assertTrue(known.size() > 30, () -> "found only " + known);
        assertAll(known.stream().map(e -> () -> {
            assertEquals(facts.macro(e.symbol()), Optional.of((long) e.value()), e.symbol());
            facts.macro("XEN_" + e.symbol()).ifPresent(xen -> assertEquals(xen, e.value(), e.symbol()));
        }));
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void theSubcommandsStructsLieAtTheUnionsOffset(XenRelease release) {
        assertEquals(
                DomctlOp.UNION_OFFSET,
                abi(release).struct("xen_domctl").field("u").offset());
        assertEquals(
                SysctlOp.UNION_OFFSET,
                abi(release).struct("xen_sysctl").field("u").offset());
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void anyReservedDomidAsksForAFreeOne(XenRelease release) throws IOException {
        // So it is up to 4.21; 4.22 takes DOMID_ANY only, a macro that older headers do not have.
        long firstReserved = AbiFacts.of(release).macro("DOMID_FIRST_RESERVED").orElseThrow();
        assertTrue(DomctlOp.DOMID_ANY >= firstReserved && DomctlOp.DOMID_ANY <= 0x7FFF);
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void theStructsOfTheSubcommandsThatAReleaseHasAreDescribed(XenRelease release) throws IOException {
        AbiFacts facts = AbiFacts.of(release);
        Stream<Executable> fixed = Stream.of(
                        Arrays.stream(MemoryOp.values()).map(MemoryOp::struct),
                        Arrays.stream(SysctlOp.values()).map(SysctlOp::struct),
                        Arrays.stream(EventChannelOp.values()).map(EventChannelOp::struct))
                .flatMap(s -> s)
                .filter(tag -> !tag.isEmpty())
                .map(tag -> () -> abi(release).struct(tag));
        Stream<Executable> domctls = Arrays.stream(DomctlOp.values())
                .filter(op -> !op.struct().isEmpty())
                .map(op -> () -> assertEquals(
                        facts.macro("XEN_DOMCTL_" + op.name()).isPresent(),
                        abi(release).has(op.struct()),
                        op.name()));
        assertAll(Stream.concat(fixed, domctls));
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void theNumbersThatLibxlChoosesAreMadeOfMacros(XenRelease release) throws IOException {
        AbiFacts facts = AbiFacts.of(release);
        long all = facts.macro("XEN_X86_EMU_ALL").orElseThrow();
        long vpci = facts.macro("XEN_X86_EMU_VPCI").orElseThrow();
        long pirq = facts.macro("XEN_X86_EMU_USE_PIRQ").orElseThrow();
        long flags = abi(release).constant(XenAbi.HVM_EMULATION_FLAGS);
        assertTrue(flags == (all & ~vpci) || flags == (all & ~vpci & ~pirq), () -> Long.toHexString(flags));
    }

    @Test
    void everyClassWithNumbersIsCompared() {
        Set<String> withNumbers = new ClassFileImporter()
                .importPackages(XenAbi.class.getPackageName()).stream()
                        .map(JavaClass::reflect)
                        .filter(c -> Modifier.isPublic(c.getModifiers())
                                && !numbers(c).isEmpty())
                        .filter(c -> c != StructLayout.Type.class && c != HvmSaveRecord.class)
                        .map(Class::getSimpleName)
                        .collect(Collectors.toSet());
        Set<String> compared =
                C_PREFIXES.keySet().stream().map(Class::getSimpleName).collect(Collectors.toSet());
        assertTrue(compared.containsAll(withNumbers), () -> withNumbers + " are not all in " + compared);
        assertTrue(withNumbers.contains("DomctlOp"), "the search found nothing");
    }

    private static XenAbi abi(XenRelease release) {
        return XenAbi.of(release).orElseThrow();
    }

    private static String asFact(StructLayout.Field field) {
        boolean number = field.count() == 1
                && field.type() != StructLayout.Type.PTR64
                && field.type() != StructLayout.Type.BYTES;
        String kind = number ? field.type().name().toLowerCase(Locale.ROOT) : "block";
        return field.offset() + " " + field.bytes() + " " + kind;
    }

    /** A class's enum constants with their numbers, and its public int constants. */
    private static Map<String, Integer> numbers(Class<?> owner) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        if (owner.isEnum()) {
            Method number = Arrays.stream(owner.getDeclaredMethods())
                    .filter(m -> m.getReturnType() == int.class && m.getParameterCount() == 0)
                    .findAny()
                    .orElseThrow();
            for (Object constant : owner.getEnumConstants()) {
                numbers.put(((Enum<?>) constant).name(), reflected(() -> (int) number.invoke(constant)));
            }
        }
        for (Field field : owner.getDeclaredFields()) {
            if (field.getType() == int.class
                    && Modifier.isStatic(field.getModifiers())
                    && Modifier.isPublic(field.getModifiers())) {
                numbers.put(field.getName(), reflected(() -> field.getInt(null)));
            }
        }
        return numbers;
    }

    private interface Reflection {
        int get() throws ReflectiveOperationException;
    }

    private static int reflected(Reflection reflection) {
        try {
            return reflection.get();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
