// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

@AnalyzeClasses(packages = "org.xenjava.toolstack", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {
    private static final String ROOT = "org.xenjava.toolstack";

    /** Each room may be used by those to its right only. */
    @ArchTest
    static final ArchRule arrowsPointToTheRight = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage(ROOT + "..")
            .layer("lib")
            .definedBy(ROOT + ".xenctrl.lib")
            .layer("jna")
            .definedBy(ROOT + ".xenctrl.lib.jna..")
            .layer("units")
            .definedBy(ROOT + ".xenctrl.units..")
            .layer("abi")
            .definedBy(ROOT + ".xenctrl.abi..")
            .layer("xenctrl")
            .definedBy(ROOT + ".xenctrl")
            .optionalLayer("sim")
            .definedBy(ROOT + ".sim..")
            .optionalLayer("trace")
            .definedBy(ROOT + ".trace..")
            .layer("error")
            .definedBy(ROOT + ".error..")
            .layer("config")
            .definedBy(ROOT + ".config..")
            .layer("memory")
            .definedBy(ROOT + ".memory..")
            .layer("image")
            .definedBy(ROOT + ".image..")
            .layer("store")
            .definedBy(ROOT + ".store..")
            .layer("create")
            .definedBy(ROOT + ".create..")
            .layer("pod")
            .definedBy(ROOT + ".pod..")
            .layer("device")
            .definedBy(ROOT + ".device..")
            .layer("dump")
            .definedBy(ROOT + ".dump..")
            .layer("lifecycle")
            .definedBy(ROOT + ".lifecycle..")
            .layer("face")
            .definedBy(ROOT)
            .layer("rehearsal")
            .definedBy(ROOT + ".rehearsal..")
            .layer("cli")
            .definedBy(ROOT + ".cli..")
            .layer("junit")
            .definedBy(ROOT + ".junit..")
            .layer("micrometer")
            .definedBy(ROOT + ".micrometer..")
            .whereLayer("jna")
            .mayOnlyAccessLayers("lib")
            .whereLayer("units")
            .mayNotAccessAnyLayer()
            .whereLayer("abi")
            .mayNotAccessAnyLayer()
            .whereLayer("lib")
            .mayNotAccessAnyLayer()
            .whereLayer("xenctrl")
            .mayOnlyAccessLayers("lib", "abi", "units")
            .whereLayer("sim")
            .mayOnlyAccessLayers("lib", "abi")
            .whereLayer("trace")
            .mayOnlyAccessLayers("lib", "abi")
            .whereLayer("error")
            .mayOnlyAccessLayers("xenctrl", "lib")
            .whereLayer("config")
            .mayOnlyAccessLayers("error", "units")
            .whereLayer("memory")
            .mayOnlyAccessLayers("error", "config", "xenctrl", "units")
            .whereLayer("image")
            .mayOnlyAccessLayers("error", "config", "memory", "xenctrl", "abi", "units")
            .whereLayer("store")
            .mayOnlyAccessLayers("error", "lib")
            .whereLayer("pod")
            .mayOnlyAccessLayers("error", "memory", "store", "xenctrl", "lib", "units")
            .whereLayer("create")
            .mayOnlyAccessLayers("error", "config", "memory", "image", "store", "xenctrl", "abi", "lib", "units")
            .whereLayer("device")
            .mayOnlyAccessLayers("error", "config", "memory", "store", "create", "xenctrl", "abi", "lib", "units")
            .whereLayer("device")
            .mayOnlyBeAccessedByLayers("face", "cli")
            .whereLayer("dump")
            .mayOnlyAccessLayers("error", "memory", "create", "xenctrl", "lib", "abi", "units")
            .whereLayer("lifecycle")
            .mayOnlyAccessLayers("error", "config", "memory", "store", "pod", "create", "xenctrl", "lib", "units")
            .whereLayer("rehearsal")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("cli")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("micrometer")
            .mayOnlyAccessLayers("pod", "memory", "units")
            .whereLayer("junit")
            .mayNotBeAccessedByAnyLayer();

    /** Streams over byte arrays are no I/O; files, sockets and processes are. */
    @ArchTest
    static final ArchRule thePureRoomsTouchNoFiles = noClasses()
            .that()
            .resideInAnyPackage(ROOT + ".memory..", ROOT + ".image..", ROOT + ".pod..", ROOT + ".xenctrl.abi..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.file..", "java.net..", "java.nio.channels..")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.io\\.(File|RandomAccess).*");

    @ArchTest
    static final ArchRule thePureRoomsReadNoClock = noClasses()
            .that()
            .resideInAnyPackage(ROOT + ".memory..", ROOT + ".image..", ROOT + ".pod..", ROOT + ".xenctrl.abi..")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now");

    @ArchTest
    static final ArchRule onlyTheJnaRoomTouchesNativeCode = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".xenctrl.lib.jna..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.sun.jna..")
            .orShould()
            .callMethod(System.class, "load", String.class)
            .orShould()
            .callMethod(System.class, "loadLibrary", String.class);

    @ArchTest
    static final ArchRule theLibraryNeitherPrintsNorExits = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".cli..")
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("sun.misc.Signal");

    @ArchTest
    static final ArchRule onlyTheDeviceRoomStartsProcesses = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".device..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ProcessBuilder.class);
}
