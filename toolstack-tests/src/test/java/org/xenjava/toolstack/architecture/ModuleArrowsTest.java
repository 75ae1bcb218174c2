// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the packages of the command line, of the simulation and of the traces. */
@AnalyzeClasses(packages = "org.xenjava.toolstack", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleArrowsTest {
    private static final String ROOT = "org.xenjava.toolstack";

    /** The groups of commands do not know the program, and shared parts do not know the commands. */
    @ArchTest
    static final ArchRule theCommandLinesPackagesUseOnlyThoseTheyMayUse = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage(ROOT + ".cli..")
            .layer("output")
            .definedBy(ROOT + ".cli.output")
            .layer("command")
            .definedBy(ROOT + ".cli.command")
            .layer("plan")
            .definedBy(ROOT + ".cli.plan")
            .layer("memory")
            .definedBy(ROOT + ".cli.memory")
            .layer("device")
            .definedBy(ROOT + ".cli.device")
            .layer("host")
            .definedBy(ROOT + ".cli.host")
            .layer("furtherlink")
            .definedBy(ROOT + ".cli.furtherlink")
            .layer("domain")
            .definedBy(ROOT + ".cli.domain")
            .layer("program")
            .definedBy(ROOT + ".cli")
            .whereLayer("output")
            .mayNotAccessAnyLayer()
            .whereLayer("command")
            .mayOnlyAccessLayers("output")
            .whereLayer("plan")
            .mayOnlyAccessLayers("output", "command")
            .whereLayer("memory")
            .mayOnlyAccessLayers("output", "command")
            .whereLayer("device")
            .mayOnlyAccessLayers("output", "command")
            .whereLayer("host")
            .mayOnlyAccessLayers("output", "command")
            .whereLayer("furtherlink")
            .mayNotAccessAnyLayer()
            .whereLayer("domain")
            .mayOnlyAccessLayers("output", "command", "plan", "memory", "furtherlink")
            .whereLayer("program")
            .mayNotBeAccessedByAnyLayer();

    /** The parts of the simulation: state of Xen, its call interface, dom0, guests, and the face on top. */
    @ArchTest
    static final ArchRule theSimulationsPackagesUseEachOtherOneWay = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage(ROOT + ".sim..")
            .layer("memory")
            .definedBy(ROOT + ".sim.memory")
            .layer("store")
            .definedBy(ROOT + ".sim.store")
            .layer("fault")
            .definedBy(ROOT + ".sim.fault")
            .layer("guest")
            .definedBy(ROOT + ".sim.guest")
            .layer("machine")
            .definedBy(ROOT + ".sim.machine")
            .layer("hypercall")
            .definedBy(ROOT + ".sim.hypercall")
            .layer("guestos")
            .definedBy(ROOT + ".sim.guestos")
            .layer("dom0")
            .definedBy(ROOT + ".sim.dom0")
            .layer("face")
            .definedBy(ROOT + ".sim")
            .whereLayer("memory")
            .mayNotAccessAnyLayer()
            .whereLayer("store")
            .mayNotAccessAnyLayer()
            .whereLayer("fault")
            .mayNotAccessAnyLayer()
            .whereLayer("guest")
            .mayNotAccessAnyLayer()
            .whereLayer("machine")
            .mayOnlyAccessLayers("memory")
            .whereLayer("hypercall")
            .mayOnlyAccessLayers("memory", "machine")
            .whereLayer("guestos")
            .mayOnlyAccessLayers("memory", "store", "guest", "machine")
            .whereLayer("dom0")
            .mayOnlyAccessLayers("memory", "store", "fault", "guest", "machine", "hypercall")
            .whereLayer("face")
            .mayNotBeAccessedByAnyLayer();

    /** A trace's text knows no calls, the calls know no files, and both know neither recorder nor replay. */
    @ArchTest
    static final ArchRule theTracesPackagesUseEachOtherOneWay = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage(ROOT + ".trace..")
            .layer("format")
            .definedBy(ROOT + ".trace.format")
            .layer("call")
            .definedBy(ROOT + ".trace.call")
            .layer("face")
            .definedBy(ROOT + ".trace")
            .whereLayer("format")
            .mayNotAccessAnyLayer()
            .whereLayer("call")
            .mayOnlyAccessLayers("format")
            .whereLayer("face")
            .mayNotBeAccessedByAnyLayer();
}
