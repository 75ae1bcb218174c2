// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The names of classes and the sizes of packages, in all modules. */
@AnalyzeClasses(packages = "org.xenjava.toolstack", importOptions = ImportOption.DoNotIncludeTests.class)
class PackageSizesTest {
    /** A simple name means one class. */
    @ArchTest
    static void noTwoClassesHaveOneSimpleName(JavaClasses classes) {
        Map<String, List<String>> bySimpleName = classes.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(
                        JavaClass::getSimpleName, Collectors.mapping(JavaClass::getName, Collectors.toList())));
        bySimpleName.values().removeIf(names -> names.size() == 1);
        assertEquals(Map.of(), bySimpleName);
    }

    /** About 25 classes are one subject; more are two. */
    @ArchTest
    static void aPackageHasAtMostThirtyClasses(JavaClasses classes) {
        Map<String, Long> sizes = classes.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
        sizes.values().removeIf(size -> size <= 30);
        assertEquals(Map.of(), sizes);
    }
}
