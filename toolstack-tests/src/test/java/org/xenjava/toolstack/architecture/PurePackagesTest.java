// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

/** Packages that decide touch no host. */
@AnalyzeClasses(packages = "org.xenjava.toolstack", importOptions = ImportOption.DoNotIncludeTests.class)
class PurePackagesTest {
    private static final String ROOT = "org.xenjava.toolstack";

    /** A decision is made without the packages that act on a host. */
    @ArchTest
    static final ArchRule nothingPureKnowsEffects = noClasses()
            .that()
            .resideInAnyPackage(
                    ROOT + ".balance",
                    ROOT + ".config..",
                    ROOT + ".device.plan..",
                    ROOT + ".device.view..",
                    ROOT + ".error",
                    ROOT + ".image..",
                    ROOT + ".memory..",
                    ROOT + ".progress..",
                    ROOT + ".stream..",
                    ROOT + ".text..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    ROOT,
                    ROOT + ".context..",
                    ROOT + ".create..",
                    ROOT + ".device",
                    ROOT + ".device.pci..",
                    ROOT + ".device.pv..",
                    ROOT + ".device.usb..",
                    ROOT + ".dump..",
                    ROOT + ".imagefile..",
                    ROOT + ".lifecycle..",
                    ROOT + ".operation..",
                    ROOT + ".pod..",
                    ROOT + ".pool..",
                    ROOT + ".privatefile..",
                    ROOT + ".resize..",
                    ROOT + ".room..",
                    ROOT + ".service..");

    /** Streams over byte arrays are no I/O; files, sockets and processes are. */
    @ArchTest
    static final ArchRule purePackagesOpenNoFiles = noClasses()
            .that()
            .resideInAnyPackage(ROOT + ".memory..", ROOT + ".image..", ROOT + ".pod..", ROOT + ".xenctrl.abi..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.file..", "java.net..", "java.nio.channels..")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.io\\.(File|RandomAccess).*");

    /** A plan of devices has paths and knows where nodes are; it opens no file and writes no node. */
    @ArchTest
    static final ArchRule thePlanOfDevicesHasNoEffects = noClasses()
            .that()
            .resideInAPackage(ROOT + ".device.plan..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.net..", "java.nio.channels..", ROOT + ".xenctrl.lib.jna..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.nio.file.Files")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.io\\.(File|RandomAccess).*")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching(ROOT.replace(".", "\\.") + "\\.store\\.(StoreClient|StoreTransaction|WatchHub)");

    @ArchTest
    static final ArchRule purePackagesReadNoClock = noClasses()
            .that()
            .resideInAnyPackage(ROOT + ".memory..", ROOT + ".image..", ROOT + ".pod..", ROOT + ".xenctrl.abi..")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now");
}
