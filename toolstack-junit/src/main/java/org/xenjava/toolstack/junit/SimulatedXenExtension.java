// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import java.lang.annotation.Annotation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.FaultInjection;

/**
 * Gives each test a simulated Xen host of its own. The test, its constructor and its {@code @BeforeEach} and
 * {@code @AfterEach} methods can have these parameters:
 *
 * <ul>
 *   <li>{@link Toolstack}: the toolstack on the host, closed after the test
 *   <li>{@link FaultInjection}: the faults between that toolstack and Xen
 *   <li>{@link SimulatedXen}: the machine with its virtual time, its guests and further connections
 *   <li>{@link ToolstackProcess}: the process of the toolstack, which can be killed and followed by others
 * </ul>
 *
 * <p>{@link SimulatedHost} applies the extension. Register it to describe the host in more detail:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final SimulatedXenExtension XEN = SimulatedXenExtension.on(
 *                 SimulatedXen.builder().guests(guest -> SimulatedGuest.with(stuckDriver)))
 *         .openedWith(options -> options.podPolicy(PodPolicy.libxl()));
 * }</pre>
 */
public final class SimulatedXenExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private static final long PAGES_PER_MIB = 256;
    private static final long DOM0_PAGES = 512 * PAGES_PER_MIB;
    private static final long XEN_PAGES = 64 * PAGES_PER_MIB;

    private static final Map<Class<?>, Function<Host, Object>> PARAMETERS = Map.of(
            Toolstack.class,
            host -> host.firstProcess().toolstack(),
            FaultInjection.class,
            host -> host.firstProcess().faults(),
            SimulatedXen.class,
            Host::xen,
            ToolstackProcess.class,
            Host::firstProcess);

    private final Function<ExtensionContext, SimulatedXen.Builder> machine;
    private final UnaryOperator<ToolstackOptions> options;

    /**
     * Creates the extension for hosts that {@link SimulatedHost} describes. JUnit calls this; tests register {@link
     * #on}.
     */
    public SimulatedXenExtension() {
        this(SimulatedXenExtension::annotated, UnaryOperator.identity());
    }

    private SimulatedXenExtension(
            Function<ExtensionContext, SimulatedXen.Builder> machine, UnaryOperator<ToolstackOptions> options) {
        this.machine = machine;
        this.options = options;
    }

    /**
     * Describes the host of each test.
     *
     * @param machine builds a new machine for each test
     * @return the extension, to be registered
     */
    public static SimulatedXenExtension on(SimulatedXen.Builder machine) {
        return new SimulatedXenExtension(context -> machine, UnaryOperator.identity());
    }

    /**
     * Changes the options with which toolstacks open the host.
     *
     * @param newOptions applied to the defaults
     * @return the extension, to be registered
     */
    public SimulatedXenExtension openedWith(UnaryOperator<ToolstackOptions> newOptions) {
        return new SimulatedXenExtension(machine, newOptions);
    }

    /** Chooses the context of the test, instead of the class, for the parameters of constructors. */
    @Override
    public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
        return ExtensionContextScope.TEST_METHOD;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        host(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Host host = host(context);
        List<String> left = find(context, LeavesNothingBehind.class).isPresent() ? host.leftBehind() : List.of();
        if (!left.isEmpty()) {
            Assertions.fail("the test left something behind on the simulated host:\n  " + String.join("\n  ", left));
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return PARAMETERS.containsKey(parameter.getParameter().getType());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (context.getTestMethod().isEmpty()) {
            throw new ParameterResolutionException("each test has a simulated host of its own, so there is none for "
                    + parameter.getDeclaringExecutable() + ", which is called for all tests of the class");
        }
        return Objects.requireNonNull(PARAMETERS.get(parameter.getParameter().getType()))
                .apply(host(context));
    }

    private Host host(ExtensionContext context) {
        return context.getStore(ExtensionContext.Namespace.create(SimulatedXenExtension.class))
                .getOrComputeIfAbsent(
                        Host.class, key -> new Host(machine.apply(context).build(), options), Host.class);
    }

    private static SimulatedXen.Builder annotated(ExtensionContext context) {
        SimulatedXen.Builder machine = SimulatedXen.builder();
        find(context, SimulatedHost.class).ifPresent(host -> machine.dom0Pages(DOM0_PAGES)
                .xenPages(XEN_PAGES)
                .hostPages(DOM0_PAGES + XEN_PAGES + host.freeMemoryMib() * PAGES_PER_MIB)
                .guests(ReflectionSupport.newInstance(host.guests())));
        return machine;
    }

    /** Finds the annotation of the method, or else of the innermost class that has it. */
    private static <A extends Annotation> Optional<A> find(ExtensionContext context, Class<A> annotation) {
        List<Class<?>> classes = new ArrayList<>(context.getEnclosingTestClasses());
        classes.add(context.getRequiredTestClass());
        Collections.reverse(classes);
        return Stream.concat(context.getTestMethod().stream(), classes.stream())
                .flatMap(element -> AnnotationSupport.findAnnotation(element, annotation).stream())
                .findFirst();
    }
}
