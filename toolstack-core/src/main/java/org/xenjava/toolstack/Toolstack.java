// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.balancer.BalanceListener;
import org.xenjava.toolstack.balancer.BalanceService;
import org.xenjava.toolstack.balancer.BalanceSettings;
import org.xenjava.toolstack.balancer.MemoryBalancer;
import org.xenjava.toolstack.balancer.MemoryReservation;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.context.HostReader;
import org.xenjava.toolstack.context.XenParameters;
import org.xenjava.toolstack.create.Arrivals;
import org.xenjava.toolstack.create.DomainBuilder;
import org.xenjava.toolstack.error.DomainNotFoundException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.host.HostDetails;
import org.xenjava.toolstack.host.HostTopology;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.migrate.TlsListener;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.pod.PodGuardService;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.pool.GuestPool;
import org.xenjava.toolstack.pool.GuestPoolPolicy;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.save.SavedDomain;
import org.xenjava.toolstack.xenctrl.PhysInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A Xen host: creates domains and finds them. The class is safe to use from many threads. Close it after use; its
 * domains continue to run.
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

    /** {@return the Xen host of this process, which must run in the control domain; with the default options} */
    public static Toolstack open() {
        return options().open();
    }

    /** {@return options to change before a host is opened} */
    public static ToolstackOptions options() {
        return new ToolstackOptions();
    }

    /**
     * Builds a domain as {@link #create(DomainConfig, CreateListener, Cancellation)} does, without reports of the
     * progress.
     *
     * @param config the configuration of the guest
     * @return the domain, paused
     */
    public Domain create(DomainConfig config) {
        return create(config, CreateListener.NONE, new Cancellation());
    }

    /**
     * Builds a domain and leaves it paused; {@link Domain#unpause} starts it. If the build fails or is cancelled,
     * nothing of it is left.
     *
     * @param config the configuration of the guest
     * @param listener receives the progress of each step
     * @param cancellation stops the build between two steps
     * @return the domain, paused
     * @throws org.xenjava.toolstack.error.ToolstackException if the domain cannot be built
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

    /**
     * Starts to prepare domains ahead of need, on one thread, until the returned pool or this toolstack is closed. Creates
     * of guests of the same shape take them. Nothing is prepared unless this method is called.
     *
     * @param like a guest with the sizes, CPU settings and limits of those to come; its kernel, disks, network cards and
     *     name have no effect
     * @param policy the number of domains and the memory that stays free
     * @return the pool, which the caller closes
     */
    public GuestPool pool(DomainConfig like, GuestPoolPolicy policy) {
        return services.pool(like, policy);
    }

    /**
     * Builds a domain from a file that {@link DomainSaving#save} or {@code xl save} wrote, and leaves it paused; {@link
     * Domain#unpause} lets the guest run on. If the restore fails or is cancelled, nothing of it is left, and the file can
     * be restored again.
     *
     * @param file the file of a guest
     * @param listener receives the progress of each step
     * @param cancellation stops the restore
     * @return the domain, paused
     * @throws org.xenjava.toolstack.error.SaveStreamException if the file is damaged
     * @throws org.xenjava.toolstack.error.DomainStateException if this host cannot restore the domain
     */
    public Domain restore(Path file, CreateListener listener, Cancellation cancellation) {
        DomainBuilder.Built built = context.gate()
                .run(
                        cancellation,
                        () -> context.attempting("restoring " + file, () -> {
                            try (SavedDomain saved = SavedDomain.open(
                                    file, context.xenctrl().abi().release())) {
                                return context.builder()
                                        .restore(saved.config(), saved.reader(), listener, cancellation);
                            }
                        }));
        LOG.info("domain {} restored from {}", built.domid(), file);
        return new Domain(context, built.domid(), built.uuid());
    }

    /**
     * Receives a guest that another host migrates with {@link DomainMigration} or {@code xl migrate}. If the method
     * fails, the sender keeps the guest, and nothing of it is left here.
     *
     * @param link the link to the sender; closed when the method returns
     * @param start whether the guest runs then
     * @param listener receives the progress of each step
     * @param cancellation stops the build
     * @return the domain
     * @throws org.xenjava.toolstack.error.MigrationException if the link breaks, or the sender keeps the guest
     * @throws org.xenjava.toolstack.error.SaveStreamException if the stream is damaged
     * @throws org.xenjava.toolstack.error.DomainStateException if this host cannot take the guest
     */
    public Domain receive(MigrationLink link, ReceivedStart start, CreateListener listener, Cancellation cancellation) {
        return receive(link, MigrationLimits.STANDARD, start, listener, cancellation);
    }

    /**
     * Receives a guest as {@link #receive(MigrationLink, ReceivedStart, CreateListener, Cancellation)} does, within other
     * limits.
     *
     * @param link the link to the sender; closed when the method returns
     * @param limits the longest waits
     * @param start whether the guest runs then
     * @param listener receives the progress of each step
     * @param cancellation stops the build
     * @return the domain
     */
    public Domain receive(
            MigrationLink link,
            MigrationLimits limits,
            ReceivedStart start,
            CreateListener listener,
            Cancellation cancellation) {
        Arrivals.Received guest = context.gate()
                .run(
                        cancellation,
                        () -> context.attempting(
                                "receiving a guest",
                                () -> services.receive(link, limits, start, listener, cancellation)));
        LOG.info("domain {} received: '{}'", guest.domid(), guest.name());
        return new Domain(context, guest.domid(), guest.uuid());
    }

    /**
     * Listens for migrations over TLS from programs that use {@link org.xenjava.toolstack.migrate.TlsTarget}. {@link
     * #receive} takes the links that {@link TlsListener#accept} returns. The listener also answers senders that ask where
     * their guest is.
     *
     * @param address the address; port 0 for any free one
     * @param tls has the certificate of this host, and trusts those of the senders
     * @return the listener; the caller closes it before the toolstack
     * @throws IOException if the address is not available
     */
    public TlsListener listen(InetSocketAddress address, SSLContext tls) throws IOException {
        return TlsListener.open(address, tls, (uuid, name) -> Presence.inTable(finder.table(), uuid, name));
    }

    /** {@return all domains, including dom0, by ascending domid, without those that are being destroyed} */
    public List<Domain> domains() {
        return finder.domains();
    }

    /**
     * {@return the states of all domains, including those that are being destroyed} The method makes one call to Xen,
     * and sends one request to xenstored for each domain, without waiting between them. A toolstack that lists repeatedly
     * watches the names from the second time on, and later lists request only names that have changed; then a name that
     * another process changes is seen as soon as xenstored has reported the change.
     */
    public List<DomainStatus> statuses() {
        return finder.statuses();
    }

    /**
     * Reads the populate-on-demand counters of all HVM and PVH guests that are not being destroyed. The method makes one
     * call to Xen for the list and one for each guest, and sends one request to xenstored for each guest, without
     * waiting between them.
     *
     * @param failures receives the failure of each guest that cannot be read; the others are read in any case
     * @return the readings, by ascending domid
     */
    public List<PodStatus> podStatuses(Consumer<ToolstackException> failures) {
        return finder.podStatuses(failures);
    }

    /**
     * Finds a domain by its number.
     *
     * @param domid number of the domain
     * @return the domain, if it exists
     */
    public Optional<Domain> find(int domid) {
        return finder.find(info -> info.domid() == domid);
    }

    /**
     * Finds a domain by its UUID.
     *
     * @param uuid UUID of the domain
     * @return the domain, if it exists
     */
    public Optional<Domain> find(UUID uuid) {
        return finder.find(info -> info.handle().equals(uuid));
    }

    /**
     * Finds a domain by its name.
     *
     * @param name name of the domain
     * @return the domain, if it exists
     */
    public Optional<Domain> find(String name) {
        return finder.find(name);
    }

    /**
     * Finds a domain by a user's text.
     *
     * @param nameOrId a decimal domid, a UUID, or a name
     * @return the domain
     * @throws DomainNotFoundException if there is none
     */
    public Domain resolve(String nameOrId) {
        return finder.resolve(nameOrId);
    }

    /** {@return the console of the hypervisor} */
    public XenConsole xenConsole() {
        return new XenConsole(context);
    }

    /**
     * Changes parameters of Xen's command line while Xen runs ({@code xl set-parameters}), until the host reboots. All are
     * checked before the first is set.
     *
     * @param settings each {@code NAME=VALUE}, or {@code NAME} or {@code noNAME} of a boolean parameter
     * @throws org.xenjava.toolstack.error.ConfigException if a parameter cannot be changed while Xen runs, or cannot have the value
     * @throws org.xenjava.toolstack.error.DomainStateException if this Xen can change none
     */
    public void setXenParameters(List<String> settings) {
        context.attempting("setting parameters of Xen", () -> {
            new XenParameters(context).set(settings);
            return settings;
        });
    }

    /** {@return the security module of Xen and its policy} */
    public XenSecurity security() {
        return new XenSecurity(context);
    }

    /** {@return the pools into which the host's CPUs are divided} */
    public CpuPools cpuPools() {
        return new CpuPools(context);
    }

    /** {@return the assignable PCI devices of the host} */
    public HostPciDevices pciDevices() {
        return new HostPciDevices(context);
    }

    /** {@return the watchdog of Xen, which reboots the host if nobody renews it} Nothing arms it by itself. */
    public HostWatchdog watchdog() {
        return services.watchdog();
    }

    /** {@return the state of the host} */
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

    /** {@return the hypervisor, the CPUs and the abilities of the host} */
    public HostDetails details() {
        return context.attempting("looking at the host", () -> HostReader.details(context.xenctrl()));
    }

    /** {@return the places of CPUs, memory and PCI devices} */
    public HostTopology topology() {
        return context.attempting(
                "reading the topology of the host",
                () -> HostReader.topology(context.xenctrl(), context.controlDomain()));
    }

    /** {@return what failed or killed operations have left behind on the host} Opening removes what is recorded. */
    public Leftovers leftovers() {
        return new Leftovers(context);
    }

    /**
     * Starts a {@link PodGuard} of every HVM and PVH domain of the host, built by any toolstack. It runs on one
     * thread until the returned service or this toolstack is closed. Nothing guards domains unless this method is
     * called.
     *
     * @param policy the measures that the guard may take, such as {@link GuardPolicy#standard()}
     * @param listener receives every change of a domain's state
     * @return the service, which the caller closes
     */
    public PodGuardService guard(GuardPolicy policy, GuardListener listener) {
        return guard(policy, GuardScope.ALL, listener);
    }

    /**
     * Starts a guard of some domains, as {@link #guard(GuardPolicy, GuardListener)} does of all.
     *
     * @param policy the measures that the guard may take
     * @param scope chooses the domains
     * @param listener receives every change of a domain's state
     * @return the service, which the caller closes
     */
    public PodGuardService guard(GuardPolicy policy, GuardScope scope, GuardListener listener) {
        return services.guard(policy, scope, listener);
    }

    /**
     * Makes a guard without a thread, for a caller that calls {@link PodGuard#tick tick} in its own time, such as a
     * simulation.
     *
     * @param policy the measures that the guard may take
     * @param scope chooses the domains
     * @param listener receives every change of a domain's state
     * @return the guard
     */
    public PodGuard newGuard(GuardPolicy policy, GuardScope scope, GuardListener listener) {
        return services.newGuard(policy, scope, listener);
    }

    /**
     * Starts a {@link Supervisor}, which destroys, restarts or preserves this library's domains that stop, as their
     * configurations say. It runs on one thread until the returned service or this toolstack is closed. Domains that
     * have stopped already are handled before this method returns. Nothing acts on domains that stop unless this
     * method is called.
     *
     * @param policy the domains and the limits of restarts, such as {@link SupervisionPolicy#standard()}
     * @param listener receives what the supervisor observes and does
     * @return the service, which the caller closes
     */
    public SupervisorService supervise(SupervisionPolicy policy, SupervisionListener listener) {
        return services.supervise(policy, listener);
    }

    /**
     * Makes a supervisor without a thread, for a caller that calls {@link Supervisor#tick tick} in its own time.
     *
     * @param policy the domains and the limits of restarts
     * @param listener receives what the supervisor observes and does
     * @return the supervisor
     */
    public Supervisor newSupervisor(SupervisionPolicy policy, SupervisionListener listener) {
        return services.newSupervisor(policy, listener);
    }

    /**
     * Starts a {@link MemoryBalancer} of the host's memory. It runs on one thread until the returned service or this
     * toolstack is closed. If another process balances this host, the service stands by and takes over when that process
     * has ended. Nothing balances memory unless this method is called.
     *
     * @param settings the policy and the guests that take part
     * @param listener receives what the balancer does and observes
     * @return the service, which the caller closes
     */
    public BalanceService balance(BalanceSettings settings, BalanceListener listener) {
        return services.balance(settings, listener);
    }

    /**
     * Makes a balancer without a thread, for a caller that calls {@link MemoryBalancer#tick tick} in its own time.
     *
     * @param settings the policy and the guests that take part
     * @param listener receives what the balancer does and observes
     * @return the balancer, which the caller closes
     */
    public MemoryBalancer newBalancer(BalanceSettings settings, BalanceListener listener) {
        return services.newBalancer(settings, listener);
    }

    /**
     * Asks the balancer of the host for memory, in whichever process it runs. The answer comes at its next look.
     *
     * @param domain UUID of the domain to be built with the memory: what that domain owns counts as delivered
     * @param size the memory
     * @param limit time after which the balancer refuses what it cannot grant
     * @return the request, which the caller closes when the memory is in use; empty if no balancer runs
     */
    public Optional<MemoryReservation> reserveMemory(UUID domain, KiB size, Duration limit) {
        return context.attempting(
                "reserving " + size + " of host memory", () -> services.reserveMemory(domain.toString(), size, limit));
    }

    /**
     * Ends guards, supervisors, pools, balancers and waiting operations, cancels builds and dumps, waits up to a minute
     * for running operations, and closes the libraries last. Domains continue to run. Later operations fail with {@link
     * XenUnavailableException}.
     */
    @Override
    public void close() {
        services.close();
        context.events().close();
        context.gate().close(CLOSE_LIMIT);
    }

    /**
     * Closes this toolstack and waits, without a limit, until its last operation has ended: {@link #close} waits for a minute,
     * and less if its thread is interrupted. A caller that signs with an {@link ToolstackOptions#processIdentity identity} of its own
     * keeps it valid until then.
     *
     * @throws IllegalStateException if an operation of this toolstack calls it, such as a listener; it is closed, but not awaited
     */
    public void closeAndAwaitEnd() {
        close();
        context.gate().awaitRelease();
    }
}
