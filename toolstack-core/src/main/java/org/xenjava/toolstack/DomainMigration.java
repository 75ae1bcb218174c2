// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.context.MigratedDisks;
import org.xenjava.toolstack.context.SentConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.handover.Handshake;
import org.xenjava.toolstack.handover.MigrationSender;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.pod.MemoryTouchingOperation;
import org.xenjava.toolstack.processor.CpuPool;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.save.CopySettings;
import org.xenjava.toolstack.save.DomainSaver;
import org.xenjava.toolstack.save.SuspendedGuest;
import org.xenjava.toolstack.save.Suspension;
import org.xenjava.toolstack.save.VcpuThrottle;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.GuestNames;
import org.xenjava.toolstack.stream.RecordLink;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Migrates one domain to another host. {@link Domain#migration} returns it; {@link Toolstack#receive} is the other end. */
public final class DomainMigration {
    private static final Logger LOG = LoggerFactory.getLogger(DomainMigration.class);
    private static final String VERB = MemoryTouchingOperation.MIGRATE.gerund();

    private final DomainHandle domain;
    private final Optional<DomainConfig> sent;
    private final MigrationProtocol protocol;
    private final boolean keepsDomid;
    private final boolean compared;

    DomainMigration(DomainHandle domain) {
        this(domain, Optional.empty(), MigrationProtocol.AUTO, false, false);
    }

    private DomainMigration(
            DomainHandle domain,
            Optional<DomainConfig> sent,
            MigrationProtocol protocol,
            boolean keepsDomid,
            boolean compared) {
        this.domain = domain;
        this.sent = sent;
        this.protocol = protocol;
        this.keepsDomid = keepsDomid;
        this.compared = compared;
    }

    /**
     * {@return the same operation, which sends the guest with the images of disks and the connections of network cards of
     * another configuration ({@code xl migrate -C}); all else is the domain's, also the addresses of the cards}
     *
     * @param config the configuration; {@link #migrate(MigrationTarget)} throws ConfigException if its type, maximum
     *     memory, maximum of vCPUs, or the numbers, kinds and access modes of its devices are not the domain's
     */
    public DomainMigration sending(DomainConfig config) {
        return new DomainMigration(domain, Optional.of(config), protocol, keepsDomid, compared);
    }

    /**
     * {@return the same operation with another protocol; {@link MigrationProtocol#AUTO} is the usual one}
     *
     * @param other the protocol
     */
    public DomainMigration using(MigrationProtocol other) {
        return new DomainMigration(domain, sent, other, keepsDomid, compared);
    }

    /**
     * {@return the same operation, after which the guest has the same domid on the other host ({@code xl migrate -D})} A host on
     * which a domain has it refuses the guest before its memory is sent.
     */
    public DomainMigration keepingDomid() {
        return new DomainMigration(domain, sent, protocol, true, compared);
    }

    /**
     * {@return the same operation, which sends all memory a second time when the guest is suspended, for a comparison on the
     * other host ({@code xl migrate --debug})} The guest stands still for longer. The other host reports differences, and takes
     * the guest in any case; {@link org.xenjava.toolstack.progress.CreateListener#onMemoryCompared} has the result there.
     */
    public DomainMigration comparing() {
        return new DomainMigration(domain, sent, protocol, keepsDomid, true);
    }

    /**
     * Migrates the domain as {@link #migrate(MigrationTarget, MigrationLimits, MigrationListener, Cancellation)} does,
     * within the standard limits and without reports of the progress.
     *
     * @param target the other host
     */
    public void migrate(MigrationTarget target) {
        migrate(target, MigrationLimits.STANDARD, MigrationListener.NONE, new Cancellation());
    }

    /**
     * Migrates the domain as {@link #migrate(MigrationTarget, MigrationLimits, MigrationPace, MigrationListener,
     * Cancellation)} does, at the standard pace.
     *
     * @param target the other host
     * @param limits the longest waits
     * @param listener receives the progress
     * @param cancellation cancels the migration until the guest is handed over
     */
    public void migrate(
            MigrationTarget target, MigrationLimits limits, MigrationListener listener, Cancellation cancellation) {
        migrate(target, limits, MigrationPace.STANDARD, listener, cancellation);
    }

    /**
     * Copies the guest to another host while it runs, suspends it, copies the rest, hands it over and destroys the domain.
     * Until it is handed over, a failure lets the guest run on here. If the link is lost afterwards, the target is asked
     * whether it has the guest; until it answers, the guest stays suspended as {@code NAME--migratedaway}, and a
     * repetition of this method asks again. A repetition never lets the guest run here: {@link #takeBack} does.
     *
     * @param target the other host; its receiver is this library's or {@code xl migrate-receive}
     * @param limits the longest waits
     * @param pace limits the bandwidth and the copy of the rest, and says how many links carry pages
     * @param listener receives the progress
     * @param cancellation cancels the migration until the guest is handed over
     * @throws MigrationException if the guest is not on the other host; the message says where it is
     * @throws ConfigException if the other host has no name
     * @throws PodDebtException while populate-on-demand entries lack pages
     * @throws DomainStateException if its configuration is unknown, a driver domain serves a disk that it may write, or the
     *     QEMU of a PVH guest does and the protocol is xl's, it cannot suspend itself, it was changed meanwhile, it writes too
     *     much for the pace, its scheduler cannot slow it down although the pace wants that, or another save or migration of it
     *     runs
     * @throws DeviceModelException if the QEMU that emulates the guest's devices or serves a disk fails, or has ended; a guest
     *     that was suspended already counts as crashed without it
     * @throws org.xenjava.toolstack.error.OperationTimeoutException if the guest does not suspend itself within a minute
     */
    public void migrate(
            MigrationTarget target,
            MigrationLimits limits,
            MigrationPace pace,
            MigrationListener listener,
            Cancellation cancellation) {
        if (target.name().isEmpty()) {
            throw new ConfigException(VERB + " " + domain
                    + ": the other host has no name, which taking the guest back would need; name it");
        }
        domain.exclusively(VERB, () -> domain.context().gate().run(cancellation, () -> {
            domain.info(VERB);
            Optional<String> givenAway = domain.store().read(givenAway());
            if (givenAway.isPresent()) {
                Guest guest = new Guest(
                        givenAway.get(),
                        target.name(),
                        DomainType.PVH,
                        false,
                        KiB.ZERO,
                        pace,
                        Optional.empty(),
                        listener,
                        cancellation);
                handingOver(() ->
                        askingRecipient(() -> sender(target, limits, guest).confirm()));
                return target;
            }
            domain.changeable(VERB);
            DomainConfig config = DomainSaving.config(domain, VERB);
            if (config.type() == DomainType.PV) {
                throw new DomainStateException(VERB + " " + domain
                        + ": PV guests are not migrated; save it, and restore the file on the other host");
            }
            boolean late = new MigratedDisks(domain.store(), domain.paths())
                    .requireMovable(VERB + " " + domain, config.type(), protocol, sent);
            // Refused before the other host is reached.
            sent.ifPresent(file -> SentConfig.of(VERB + " " + domain, config, file));
            Optional<VcpuThrottle> throttle = pace.autoConverge() ? Optional.of(throttle()) : Optional.empty();
            return new DomainPod(domain).withoutDebt(MemoryTouchingOperation.MIGRATE, () -> {
                Guest guest = new Guest(
                        config.name(),
                        target.name(),
                        config.type(),
                        late,
                        config.maxMemory(),
                        pace,
                        throttle,
                        listener,
                        cancellation);
                handingOver(() -> sender(target, limits, guest).migrate());
                return target;
            });
        }));
        LOG.info("{} migrated", domain);
    }

    /**
     * Lets a guest that was given away run on here, if the other host does not have it and it never ran there: what it
     * wrote there to its disks would not fit its memory here.
     *
     * @param target the other host
     * @param limits the longest waits
     * @throws MigrationException if the other host has the guest, or nobody knows, or the guest was given away to a host
     *     of another name
     * @throws DomainStateException if the guest was not given away, or another domain of this host has its UUID
     * @throws DomainExistsException if another domain of this host has its name
     * @throws DeviceModelException if its QEMU ended while it was suspended, so that it counts as crashed
     */
    public void takeBack(MigrationTarget target, MigrationLimits limits) {
        String attempt = "taking back " + domain;
        domain.exclusively(attempt, () -> domain.context().gate().run(new Cancellation(), () -> {
            domain.info(attempt);
            String name = domain.store()
                    .read(givenAway())
                    .orElseThrow(() -> new DomainStateException(attempt + ": it was not given away"));
            requireRecipient(attempt, target);
            Guest guest = new Guest(
                    name,
                    target.name(),
                    DomainType.PVH,
                    false,
                    KiB.ZERO,
                    MigrationPace.STANDARD,
                    Optional.empty(),
                    MigrationListener.NONE,
                    new Cancellation());
            domain.context().saves().resuming(domain.domid(), domain.uuid(), () -> sender(target, limits, guest)
                    .reclaim());
            requireNotCrashed(attempt);
            return target;
        }));
        LOG.info("{} taken back", domain);
    }

    private MigrationSender sender(MigrationTarget target, MigrationLimits limits, Guest guest) {
        return new MigrationSender(target, limits, protocol, guest.pace.streams(), guest);
    }

    /** A guest whose QEMU ended while it was suspended cannot run on. */
    private void requireNotCrashed(String attempt) {
        boolean crashed = domain.find()
                .filter(info -> info.shutdown() && info.shutdownReason() == ShutdownReason.CRASH.code())
                .isPresent();
        if (crashed) {
            throw new DeviceModelException(
                    attempt + ": its QEMU ended while it was suspended, so that it counts as crashed");
        }
    }

    /** Another host never had the guest, and would say so. */
    private void requireRecipient(String attempt, MigrationTarget target) {
        Optional<String> recipient = recipient();
        if (!recipient.equals(Optional.of(target.name()))) {
            throw new MigrationException(attempt + ": it was given away to '" + recipient.orElse("an unknown host")
                    + "', not to '" + target.name() + "': ask that host, under that name");
        }
    }

    private void askingRecipient(Runnable question) {
        try {
            question.run();
        } catch (MigrationException e) {
            throw recipient()
                    .map(host -> new MigrationException(e.getMessage() + "; it was given away to '" + host + "'", e))
                    .orElse(e);
        }
    }

    private Optional<String> recipient() {
        return domain.store().read(domain.context().saves().recipient(domain.domid(), domain.uuid()));
    }

    private String givenAway() {
        return domain.context().saves().givenAway(domain.domid(), domain.uuid());
    }

    /** @throws DomainStateException if the scheduler of the domain's pool has no caps */
    private VcpuThrottle throttle() {
        DomainInfo info = domain.info(VERB);
        CpuPool pool = new CpuPools(domain.context()).status(info.pool());
        return new VcpuThrottle(
                domain.xenctrl(),
                domain.store(),
                domain.domid(),
                VcpuThrottle.withCaps(pool.scheduler()),
                Math.min(info.maxVcpuId() + 1, pool.cpus().size()),
                domain.context().saves().throttle(domain.domid(), domain.uuid()));
    }

    /** Destroys the domain once the other host has the guest. If it does not, the guest runs on. */
    private void handingOver(Runnable migration) {
        try {
            domain.context().saves().during(domain.domid(), domain.uuid(), () -> {
                migration.run();
                domain.context().removal().removeTwin(domain.domid(), domain.uuid());
            });
        } catch (MigrationException e) {
            throw new MigrationException(VERB + " " + domain + ": " + e.getMessage() + "; " + whereabouts(e), e);
        }
    }

    /** The place of the guest after a failure, which may be one of xenstored or Xen. */
    private String whereabouts(MigrationException failure) {
        try {
            Optional<String> away = domain.store().read(givenAway());
            if (away.isPresent()) {
                return "the guest is suspended here as '" + Handshake.away(away.get()) + "'";
            }
            return domain.find().map(DomainMigration::whereabouts).orElse("the domain has ended here");
        } catch (ToolstackException e) {
            failure.addSuppressed(e);
            return "whether the guest runs here is unknown";
        }
    }

    private static String whereabouts(DomainInfo info) {
        if (!info.shutdown()) {
            return "the guest runs on here";
        }
        return SuspendedGuest.isSuspended(info)
                ? "the guest is still suspended here, and the next use of this toolstack lets it run on"
                : "the guest has crashed here";
    }

    /** The guest of this domain for the sender. */
    private final class Guest implements MigrationSender.Guest {
        private final String name;
        private final String recipient;
        private final DomainType type;
        private final boolean late;
        private final KiB size;
        private final MigrationPace pace;
        private final Optional<VcpuThrottle> throttle;
        private final MigrationListener listener;
        private final Cancellation cancellation;

        private Guest(
                String name,
                String recipient,
                DomainType type,
                boolean late,
                KiB size,
                MigrationPace pace,
                Optional<VcpuThrottle> throttle,
                MigrationListener listener,
                Cancellation cancellation) {
            this.name = name;
            this.recipient = recipient;
            this.type = type;
            this.late = late;
            this.size = size;
            this.pace = pace;
            this.throttle = throttle;
            this.listener = listener;
            this.cancellation = cancellation;
        }

        @Override
        public void send(RecordLink link) throws IOException {
            Suspension suspension = DomainSaving.suspension(domain, VERB);
            String config = DomainSaving.json(domain, VERB);
            DomainSaver saver = new DomainSaver(
                    domain.xenctrl(), domain.domid(), type, DomainSaving.emulator(domain), cancellation);
            // Little is left to flush when the guest is suspended.
            flushImages();
            saver.writeLive(
                    link,
                    text(config),
                    size,
                    () -> suspend(suspension, config),
                    new CopySettings(pace.bytesPerSecond(), pace.longestRest(), compared, throttle),
                    listener);
            report(Phase.WAITING);
            // Other processes change a guest until it has stopped, and xl changes it even then.
            requireSame(config);
        }

        /** The configuration for the other host. */
        private String text(String config) {
            String text = sent.map(this::changed).orElse(config);
            return keepsDomid
                    ? LibxlConfig.parse(text, domain.toString())
                            .withDomid(OptionalInt.of(domain.domid()))
                            .text()
                    : text;
        }

        private String changed(DomainConfig file) {
            DomainConfig present = DomainSaving.config(domain, VERB);
            return LibxlConfig.of(SentConfig.of(VERB + " " + domain, present, file))
                    .text();
        }

        private void suspend(Suspension suspension, String config) {
            // Most changes come while memory is copied. The guest does not wait for this comparison.
            requireSame(config);
            suspension.suspend();
            flushImages();
        }

        private void flushImages() {
            domain.context().devices().flushImages(domain.domid());
        }

        /** A device or a size that has changed since the beginning is not what the other host has built. */
        private void requireSame(String config) {
            if (!present().equals(config)) {
                throw new DomainStateException(
                        VERB + " " + domain + ": its devices, its sizes or its name were changed meanwhile; try again");
            }
        }

        /** The present configuration, but with the guest's own cap while it is slowed down. */
        private String present() {
            String text = DomainSaving.json(domain, VERB);
            if (throttle.map(VcpuThrottle::cap).filter(OptionalInt::isPresent).isEmpty()) {
                return text;
            }
            LibxlConfig found = LibxlConfig.parse(text, domain.toString());
            OptionalInt own = found.cap().isPresent()
                    ? throttle.get().replaced(found.cap().getAsInt())
                    : OptionalInt.empty();
            return own.isPresent() ? found.withCap(own.getAsInt()).text() : text;
        }

        @Override
        public void check() {
            cancellation.check(VERB + " " + domain);
        }

        @Override
        public boolean isSuspended() {
            return domain.attempting(
                            "looking at", () -> domain.xenctrl().domains().info(domain.domid()))
                    .filter(info -> info.paused() || SuspendedGuest.isSuspended(info))
                    .isPresent();
        }

        @Override
        public boolean hasDisksToOpenLate() {
            return late;
        }

        private void report(Phase phase) {
            listener.onProgress(
                    new MigrationProgress(phase, 0, Pages.ZERO, Pages.ZERO, Optional.empty(), OptionalInt.empty()));
        }

        @Override
        public void giveAway() {
            rename(Handshake.away(name), true);
            report(Phase.HANDED_OVER);
        }

        @Override
        public void takeBack() {
            boolean twin = domain
                    .attempting(
                            "looking for twins of",
                            () -> domain.xenctrl().domains().list())
                    .stream()
                    .anyMatch(info -> !info.dying()
                            && info.domid() != domain.domid()
                            && info.handle().equals(domain.uuid()));
            if (twin) {
                throw new DomainStateException("another domain of this host has the UUID of " + domain);
            }
            rename(name, false);
        }

        private void rename(String next, boolean away) {
            domain.store().names().renaming(domain.domid(), () -> domain.store().inTransaction(transaction -> {
                if (!away) {
                    GuestNames.requireFree(transaction, domain.domid(), next);
                }
                transaction.write(domain.paths().name(), next);
                String vm = DomainPaths.vm(domain.uuid());
                if (away) {
                    transaction.write(givenAway(), name);
                    transaction.write(domain.context().saves().recipient(domain.domid(), domain.uuid()), recipient);
                } else {
                    transaction.remove(givenAway());
                    transaction.remove(domain.context().saves().recipient(domain.domid(), domain.uuid()));
                }
                transaction.write(vm + "/name", next);
                return next;
            }));
        }

        @Override
        public Presence presence(MigrationTarget target) throws IOException {
            return target.presence(domain.uuid(), name);
        }
    }
}
