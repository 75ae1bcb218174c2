// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The types that core exports to everybody. An embedder begins at a few of them and meets the others in signatures;
 * a type that is in no signature is machinery, and does not belong there.
 */
@AnalyzeClasses(packages = "org.xenjava.toolstack", importOptions = ImportOption.DoNotIncludeTests.class)
class ExportsTest {
    private static final String ROOT = "org.xenjava.toolstack.";
    private static final Pattern EXPORT = Pattern.compile("exports ([\\w.]+);");

    /**
     * The types that an embedder names first, the balancer's policy for a host of its own, and the event that Java Flight
     * Recorder finds by its name.
     */
    private static final Set<String> ENTRANCES = Set.of(
            ROOT + "Toolstack",
            ROOT + "balance.FairDecider",
            ROOT + "balance.MemoryBounds",
            ROOT + "driverdomain.DriverDomain",
            ROOT + "config.xl.XlConf",
            ROOT + "config.xl.XlConfigReader",
            ROOT + "config.xl.XlPoolReader",
            ROOT + "config.xl.XlConfigWriter",
            ROOT + "memory.MemoryPlan",
            ROOT + "pod.PodReadingEvent");

    /** Machinery of the guard and the balancer that other packages of core use, and that needs types of their packages. */
    private static final Set<String> OF_SERVICES =
            Set.of(ROOT + "pod.DebtCover", ROOT + "pod.IntendedTarget", ROOT + "balancer.MemoryRequests");

    @ArchTest
    static void everyTypeThatCoreExportsIsInASignatureThatAnEmbedderMeets(JavaClasses classes) {
        Set<String> exported = exportedPackages();
        Set<String> reached = reachable(classes, exported);
        Set<String> machinery = classes.stream()
                .filter(type -> exported.contains(type.getPackageName()) && isPublic(type) && type.isTopLevelClass())
                .map(JavaClass::getName)
                .filter(name -> !reached.contains(name) && !OF_SERVICES.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of(), machinery);
    }

    private static Set<String> exportedPackages() {
        try {
            return EXPORT.matcher(Files.readString(Path.of("../toolstack-core/src/main/java/module-info.java")))
                    .results()
                    .map(export -> export.group(1))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The types in public signatures, from the entrances on; exceptions are met when they are thrown. */
    private static Set<String> reachable(JavaClasses classes, Set<String> exported) {
        Deque<JavaClass> open = new ArrayDeque<>(classes.stream()
                .filter(type -> ENTRANCES.contains(type.getName())
                        || type.isAssignableTo(RuntimeException.class) && exported.contains(type.getPackageName()))
                .toList());
        Set<String> reached = new TreeSet<>();
        while (!open.isEmpty()) {
            JavaClass type = open.pop();
            if (reached.add(type.getName())) {
                neighbours(type)
                        .filter(next -> exported.contains(next.getPackageName()))
                        .forEach(open::push);
            }
        }
        return reached;
    }

    private static Stream<JavaClass> neighbours(JavaClass type) {
        Stream<JavaClass> members = type.getMembers().stream()
                .filter(member -> member.getModifiers().contains(JavaModifier.PUBLIC))
                .flatMap(ExportsTest::types);
        Stream<JavaClass> parents = Stream.concat(type.getRawSuperclass().stream(), type.getRawInterfaces().stream());
        // A sealed family is met whole, and a nested type with the type around it.
        Stream<JavaClass> children = type.getSubclasses().stream();
        Stream<JavaClass> around = type.getEnclosingClass().stream();
        return Stream.of(members, parents, children, around).flatMap(part -> part);
    }

    private static Stream<JavaClass> types(JavaMember member) {
        if (member instanceof JavaField field) {
            return raw(field.getType());
        }
        JavaCodeUnit code = (JavaCodeUnit) member;
        return Stream.concat(Stream.of(code.getReturnType()), code.getParameterTypes().stream())
                .flatMap(ExportsTest::raw);
    }

    private static Stream<JavaClass> raw(JavaType type) {
        return type.getAllInvolvedRawTypes().stream().map(JavaClass::getBaseComponentType);
    }

    private static boolean isPublic(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC);
    }
}
