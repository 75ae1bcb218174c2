// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.create.DomainBuilder;
import org.xenjava.toolstack.error.DomainNotFoundException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.pod.PodGuardService;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.xenctrl.PhysInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A Xen host: creates domains and finds them. Safe to use from many threads; close it when done, its domains run on.
 *
 * <pre>{@code
 * try (Toolstack toolstack = Toolstack.open()) {
 *     Domain guest = toolstack.create(XlConfigReader.read(Path.of("guest.cfg")).config());
 *     guest.unpause();
 *     guest.lifecycle().awaitShutdown(Duration.ofHours(1));
 *     guest.destroy();
 * }
 * }</pre>
 */
public final class Toolstack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Toolstack.class);
    private static final Duration CLOSE_LIMIT = Duration.ofMinutes(1);

    private final HostContext context;
    private final DomainFinder finder;
    private final HostServices services;

    Toolstack(HostContext context) {
        this.context = context;
        this.finder = new DomainFinder(context);
        this.services = new HostServices(context);
    }

    /**
     * {@return the machine that this process runs on, which must be Xen's control domain; with the default options}
     */
    public static Toolstack open() {
        return options().open();
    }

    /** To open a host in another way than by default. */
    public static ToolstackOptions options() {
        return new ToolstackOptions();
    }

    /**
     * Builds a domain, as {@link #create(DomainConfig, BuildListener, Cancellation)} does, unobserved.
     *
     * @return the domain, paused
     */
    public Domain create(DomainConfig config) {
        return create(config, CreateListener.NONE, new Cancellation());
    }

    /**
     * Builds a domain and leaves it paused: {@link Domain#unpause} starts it. When the build fails or is cancelled,
     * nothing is left of it.
     *
     * @param config what to build
     * @param listener is told of each step
     * @param cancellation stops the build between two steps
     * @return the domain, paused
     * @throws org.xenjava.toolstack.error.ToolstackException if it cannot be built
     */
    public Domain create(DomainConfig config, CreateListener listener, Cancellation cancellation) {
        DomainBuilder.Built built =
                context.gate().run(cancellation, () -> context.builder().build(config, listener, cancellation));
        LOG.info(
                "domain {} created: '{}', {}, {} of {}",
                built.domid(),
                config.name(),
                config.type(),
                config.memory(),
                config.maxMemory());
        return new Domain(context, built.domid(), built.uuid());
    }

    /** {@return all domains, by ascending domid, dom0 included; those that are being destroyed are not} */
    public List<Domain> domains() {
        return finder.domains();
    }

    /**
     * {@return all domains' states, those that are being destroyed or wait for their last page included; one call to Xen, and
     * a look into xenstore for each}
     */
    public List<DomainStatus> statuses() {
        return finder.statuses();
    }

    /** {@return the domain with that domid, if there is one} */
    public Optional<Domain> find(int domid) {
        return finder.find(info -> info.domid() == domid);
    }

    /** {@return the domain with that UUID, if there is one} */
    public Optional<Domain> find(UUID uuid) {
        return finder.find(info -> info.handle().equals(uuid));
    }

    /** {@return the domain with that name, if there is one} */
    public Optional<Domain> find(String name) {
        return finder.find(name);
    }

    /**
     * {@return the domain that a user means: a decimal domid, a UUID, or a name}
     *
     * @throws DomainNotFoundException if there is none
     */
    public Domain resolve(String nameOrId) {
        return finder.resolve(nameOrId);
    }

    /** {@return the console of the hypervisor} */
    public XenConsole xenConsole() {
        return new XenConsole(context);
    }

    /** {@return the host} */
    public HostStatus host() {
        return context.attempting("looking at the host", () -> {
            Xenctrl xenctrl = context.xenctrl();
            PhysInfo info = xenctrl.host().physInfo();
            return new HostStatus(
                    xenctrl.abi().release() + xenctrl.host().extraVersion(),
                    info.cpus(),
                    info.cpuKhz(),
                    Pages.of(info.totalPages()),
                    Pages.of(info.freePages() + info.scrubPages()),
                    Pages.of(info.outstandingPages()));
        });
    }

    /**
     * Destroys what builds have left whose process was killed, and ends device models whose domain is gone. Opening does this already.
     *
     * @return UUIDs of what was cleaned up
     */
    public List<UUID> recover() {
        return context.attempting("cleaning up after killed builds", () -> {
            List<UUID> builds = context.builds().recover(context.xenctrl(), context.removal());
            // One that is dying needs no QEMU, and may be dying only because QEMU has its pages mapped.
            context.deviceModels()
                    .reapOrphans(
                            () -> finder.domains().stream().map(Domain::domid).collect(Collectors.toSet()));
            return builds;
        });
    }

    /**
     * Starts to watch over every HVM and PVH domain of the host, whoever built it, as {@link PodGuard} says: one thread,
     * until the result or this toolstack is closed. Nothing guards unless this is called.
     *
     * @param policy what it may do, such as {@link GuardPolicy#standard()}
     * @param listener is told of every change of a domain's state
     * @return the service, which the caller closes
     */
    public PodGuardService guard(GuardPolicy policy, GuardListener listener) {
        return guard(policy, GuardScope.ALL, listener);
    }

    /**
     * Starts to watch over some domains, as {@link #guard(GuardPolicy, GuardListener)} does over all.
     *
     * @return the service, which the caller closes
     */
    public PodGuardService guard(GuardPolicy policy, GuardScope scope, GuardListener listener) {
        return services.guard(policy, scope, listener);
    }

    /**
     * {@return a guard that somebody has to {@link PodGuard#tick tick}, in whatever time that is: a loop's, a simulation's}
     */
    public PodGuard newGuard(GuardPolicy policy, GuardScope scope, GuardListener listener) {
        return services.newGuard(policy, scope, listener);
    }

    /**
     * Starts to do with this library's domains that stop what their configurations say, as {@link Supervisor} says: one
     * thread, until the result or this toolstack is closed. Those that have stopped already are dealt with when this
     * returns. Nothing acts on domains that stop unless this is called.
     *
     * @param policy which domains, such as {@link SupervisionPolicy#standard()}
     * @param listener is told what is seen and done
     * @return the service, which the caller closes
     */
    public SupervisorService supervise(SupervisionPolicy policy, SupervisionListener listener) {
        return services.supervise(policy, listener);
    }

    /** {@return a supervisor that somebody has to {@link Supervisor#tick tick}, in whatever time that is} */
    public Supervisor newSupervisor(SupervisionPolicy policy, SupervisionListener listener) {
        return services.newSupervisor(policy, listener);
    }

    /**
     * Ends guards, supervisors and waiting operations, cancels builds and dumps, waits for what is under way, at most a
     * minute, and closes the libraries last; domains run on. Every operation begun later fails with
     * {@link XenUnavailableException}.
     */
    @Override
    public void close() {
        services.close();
        context.events().close();
        context.gate().close(CLOSE_LIMIT);
    }
}
