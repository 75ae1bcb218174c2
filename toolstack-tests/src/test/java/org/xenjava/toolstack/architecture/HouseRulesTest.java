// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.xenjava.toolstack.xenctrl.MemoryCalls;
import org.xenjava.toolstack.xenctrl.units.Pages;

@AnalyzeClasses(packages = "org.xenjava.toolstack", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {
    private static final String ROOT = "org.xenjava.toolstack";

    /** Each room may be used by those to its right only. */
    @ArchTest
    static final ArchRule eachLayerUsesOnlyThoseItMayUse = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage(ROOT + "..")
            .layer("lib")
            .definedBy(ROOT + ".xenctrl.lib")
            .layer("wire")
            .definedBy(ROOT + ".xenctrl.lib.wire..")
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
            .definedBy(ROOT + ".error")
            .layer("translation")
            .definedBy(ROOT + ".error.translation")
            .layer("config")
            .definedBy(ROOT + ".config")
            .layer("xl")
            .definedBy(ROOT + ".config.xl")
            .layer("libxl")
            .definedBy(ROOT + ".config.libxl")
            .layer("memory")
            .definedBy(ROOT + ".memory..")
            .layer("image")
            .definedBy(ROOT + ".image..")
            .layer("imagefile")
            .definedBy(ROOT + ".imagefile..")
            .layer("text")
            .definedBy(ROOT + ".text..")
            .layer("process")
            .definedBy(ROOT + ".process..")
            .layer("processor")
            .definedBy(ROOT + ".processor..")
            .layer("progress")
            .definedBy(ROOT + ".progress..")
            .layer("deviceView")
            .definedBy(ROOT + ".device.view..")
            .layer("store")
            .definedBy(ROOT + ".store..")
            .layer("stream")
            .definedBy(ROOT + ".stream..")
            .layer("operation")
            .definedBy(ROOT + ".operation..")
            .layer("service")
            .definedBy(ROOT + ".service..")
            .layer("resize")
            .definedBy(ROOT + ".resize..")
            .layer("room")
            .definedBy(ROOT + ".room..")
            .layer("balance")
            .definedBy(ROOT + ".balance")
            .layer("balancer")
            .definedBy(ROOT + ".balancer")
            .layer("create")
            .definedBy(ROOT + ".create..")
            .layer("pod")
            .definedBy(ROOT + ".pod..")
            .layer("devicePlan")
            .definedBy(ROOT + ".device.plan..")
            .layer("device")
            .definedBy(ROOT + ".device", ROOT + ".device.pv..", ROOT + ".device.pci..", ROOT + ".device.usb..")
            .layer("driverdomain")
            .definedBy(ROOT + ".driverdomain..")
            .layer("dump")
            .definedBy(ROOT + ".dump..")
            .layer("privatefile")
            .definedBy(ROOT + ".privatefile..")
            .layer("userdata")
            .definedBy(ROOT + ".userdata..")
            .layer("save")
            .definedBy(ROOT + ".save..")
            .layer("migrate")
            .definedBy(ROOT + ".migrate..", ROOT + ".handover..")
            .layer("context")
            .definedBy(ROOT + ".context..")
            .layer("lifecycle")
            .definedBy(ROOT + ".lifecycle..")
            .layer("pool")
            .definedBy(ROOT + ".pool..")
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
            .whereLayer("wire")
            .mayOnlyAccessLayers("lib")
            .whereLayer("jna")
            .mayOnlyAccessLayers("lib", "wire")
            .whereLayer("units")
            .mayNotAccessAnyLayer()
            .whereLayer("abi")
            .mayNotAccessAnyLayer()
            .whereLayer("lib")
            .mayNotAccessAnyLayer()
            .whereLayer("xenctrl")
            .mayOnlyAccessLayers("lib", "abi", "units")
            .whereLayer("sim")
            .mayOnlyAccessLayers("lib", "abi", "units", "wire")
            .whereLayer("trace")
            .mayOnlyAccessLayers("lib", "abi")
            .whereLayer("error")
            .mayOnlyAccessLayers("lib")
            .whereLayer("translation")
            .mayOnlyAccessLayers("error", "xenctrl", "lib")
            .whereLayer("config")
            .mayOnlyAccessLayers("processor", "text", "error", "units")
            .whereLayer("xl")
            .mayOnlyAccessLayers("processor", "text", "config", "error", "units")
            .whereLayer("xl")
            .mayOnlyBeAccessedByLayers("create", "cli")
            .whereLayer("libxl")
            .mayOnlyAccessLayers("processor", "text", "config", "error", "units")
            .whereLayer("memory")
            .mayOnlyAccessLayers("processor", "error", "config", "xenctrl", "units")
            .whereLayer("image")
            .mayOnlyAccessLayers("processor", "error", "config", "memory", "xenctrl", "abi", "units")
            .whereLayer("imagefile")
            .mayOnlyAccessLayers("error", "image")
            .whereLayer("text")
            .mayNotAccessAnyLayer()
            .whereLayer("process")
            .mayOnlyAccessLayers("lib")
            .whereLayer("processor")
            .mayOnlyAccessLayers("error", "units")
            .whereLayer("progress")
            .mayOnlyAccessLayers("error", "units")
            .whereLayer("deviceView")
            .mayOnlyAccessLayers("error", "units")
            .whereLayer("store")
            .mayOnlyAccessLayers("error", "process", "lib", "units")
            .whereLayer("operation")
            .mayOnlyAccessLayers("error", "progress", "translation")
            .whereLayer("stream")
            .mayOnlyAccessLayers("error", "xenctrl", "units")
            .whereLayer("service")
            .mayNotAccessAnyLayer()
            .whereLayer("resize")
            .mayOnlyAccessLayers(
                    "process", "error", "translation", "config", "memory", "store", "xenctrl", "lib", "units")
            .whereLayer("room")
            .mayOnlyAccessLayers("progress", "error", "memory", "store", "operation", "xenctrl", "lib", "units")
            .whereLayer("pod")
            .mayOnlyAccessLayers("process", "error", "memory", "store", "service", "resize", "xenctrl", "lib", "units")
            .whereLayer("balance")
            .mayOnlyAccessLayers("units")
            .whereLayer("balancer")
            .mayOnlyAccessLayers(
                    "balance",
                    "process",
                    "progress",
                    "error",
                    "translation",
                    "store",
                    "service",
                    "operation",
                    "resize",
                    "room",
                    "pod",
                    "xenctrl",
                    "lib",
                    "units")
            .whereLayer("create")
            .mayOnlyAccessLayers(
                    "processor",
                    "text",
                    "progress",
                    "process",
                    "device",
                    "devicePlan",
                    "error",
                    "translation",
                    "config",
                    "xl",
                    "libxl",
                    "userdata",
                    "memory",
                    "image",
                    "imagefile",
                    "privatefile",
                    "stream",
                    "store",
                    "operation",
                    "resize",
                    "room",
                    "save",
                    "migrate",
                    "xenctrl",
                    "abi",
                    "lib",
                    "units")
            .whereLayer("devicePlan")
            .mayOnlyAccessLayers("error", "config", "memory", "store", "lib", "units")
            .whereLayer("device")
            .mayOnlyAccessLayers(
                    "text",
                    "deviceView",
                    "progress",
                    "process",
                    "devicePlan",
                    "error",
                    "translation",
                    "config",
                    "memory",
                    "store",
                    "operation",
                    "xenctrl",
                    "abi",
                    "lib",
                    "units")
            .whereLayer("device")
            .mayOnlyBeAccessedByLayers("create", "context", "face", "driverdomain", "cli")
            .whereLayer("driverdomain")
            .mayOnlyAccessLayers(
                    "device", "devicePlan", "deviceView", "error", "config", "store", "service", "lib", "jna")
            .whereLayer("driverdomain")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("dump")
            .mayOnlyAccessLayers(
                    "privatefile", "progress", "error", "memory", "operation", "xenctrl", "lib", "abi", "units")
            .whereLayer("privatefile")
            .mayNotAccessAnyLayer()
            .whereLayer("userdata")
            .mayOnlyAccessLayers("error", "config", "libxl", "lib")
            .whereLayer("save")
            .mayOnlyAccessLayers(
                    "config", "libxl", "progress", "error", "store", "stream", "dump", "xenctrl", "lib", "abi", "units")
            .whereLayer("migrate")
            .mayOnlyAccessLayers("error", "operation", "stream")
            .whereLayer("context")
            .mayOnlyBeAccessedByLayers("lifecycle", "pool", "face")
            .whereLayer("pool")
            .mayOnlyAccessLayers("context", "create", "progress", "error", "config", "service", "units")
            .whereLayer("lifecycle")
            .mayOnlyAccessLayers(
                    "text",
                    "context",
                    "userdata",
                    "progress",
                    "process",
                    "error",
                    "config",
                    "memory",
                    "store",
                    "service",
                    "pod",
                    "operation",
                    "room",
                    "create",
                    "xenctrl",
                    "abi",
                    "lib",
                    "units")
            .whereLayer("rehearsal")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("cli")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("micrometer")
            .mayOnlyAccessLayers("face", "deviceView", "pod", "balance", "balancer", "memory", "error", "units")
            .whereLayer("junit")
            .mayNotBeAccessedByAnyLayer();

    /** Devices are told what to do by the builder, and do not know it. */
    @ArchTest
    static final ArchRule devicesDoNotKnowTheBuilder = noClasses()
            .that()
            .resideInAPackage(ROOT + ".device..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT, ROOT + ".context..", ROOT + ".create..", ROOT + ".lifecycle..");

    @ArchTest
    static final ArchRule productionKnowsNoDouble = noClasses()
            .that()
            .resideOutsideOfPackages(
                    ROOT + ".sim..", ROOT + ".trace..", ROOT + ".rehearsal..", ROOT + ".junit..", ROOT + ".cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT + ".sim..", ROOT + ".trace..");

    /** Of the typed hypercalls, images know the values and not the calls. */
    @ArchTest
    static final ArchRule imagesKnowXensDataAndNotItsCalls = noClasses()
            .that()
            .resideInAPackage(ROOT + ".image..")
            .should()
            .dependOnClassesThat()
            .haveNameMatching(".*\\.xenctrl\\.(Xenctrl|\\w+Calls)");

    @ArchTest
    static final ArchRule onlyTheJnaPackageCallsNativeCode = noClasses()
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

    /** The library starts QEMU only. The command line also starts a viewer and the way to another host. */
    @ArchTest
    static final ArchRule onlyTheDevicePackageStartsProcesses = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".device..")
            .and()
            .doNotHaveFullyQualifiedName(ROOT + ".cli.command.VncViewer")
            .and()
            .doNotHaveFullyQualifiedName(ROOT + ".cli.domain.RemoteHost")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ProcessBuilder.class);

    /** A claim outlives its process: one class takes and releases it. */
    @ArchTest
    static final ArchRule hostMemoryIsClaimedInOnePlace = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(ROOT + ".resize.HostClaim")
            .and()
            .resideOutsideOfPackage(ROOT + ".xenctrl")
            .should()
            .callMethod(MemoryCalls.class, "claimPages", int.class, Pages.class);
}
