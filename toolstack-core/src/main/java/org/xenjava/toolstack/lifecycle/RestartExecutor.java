// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.context.NextConfig;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.lifecycle.SupervisionEvent.Kind;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * Removes domains of the journal and builds their successors. Every step first checks whether an earlier supervisor
 * has done it already.
 */
final class RestartExecutor {
    private static final XenStorePermission OURS = new XenStorePermission(0, XenStorePermission.NONE);

    /** Time between two checks of a dying domain, whose memory Xen frees gradually. */
    private static final Duration WHILE_DYING = Duration.ofMillis(200);

    private final HostContext host;
    private final SupervisionPolicy policy;
    private final SupervisorLease leases;
    private final RetrySchedule schedule;
    private final Consumer<SupervisionEvent> listener;

    RestartExecutor(
            HostContext host,
            SupervisionPolicy policy,
            SupervisorLease leases,
            RetrySchedule schedule,
            Consumer<SupervisionEvent> listener) {
        this.host = host;
        this.policy = policy;
        this.leases = leases;
        this.schedule = schedule;
        this.listener = listener;
    }

    /**
     * Continues with an entry as far as possible. Does nothing if another supervisor has the entry, or if it is done.
     */
    void resume(UUID uuid, Instant now) {
        if (leases.takeEntry(uuid)) {
            StopJournal.read(host.store().direct(), uuid)
                    .ifPresentOrElse(entry -> resume(entry, now), () -> close(uuid));
        }
    }

    private void resume(StopJournal.Entry entry, Instant now) {
        leave(entry);
        Optional<DomainConfig> successor = entry.successor();
        if (successor.isEmpty()) {
            close(entry.uuid());
            schedule.forget(entry.uuid());
            report(Kind.DESTROYED, entry, entry.domid(), "destroyed");
            host.rooms().giveBackIfOn();
        } else if (domains(entry.uuid()).stream().anyMatch(DomainInfo::dying)) {
            schedule.postpone(entry.uuid(), now.plus(WHILE_DYING));
        } else {
            succeed(entry, successor.get(), now);
        }
    }

    private List<DomainInfo> domains(UUID uuid) {
        return host.xenctrl().domains().list().stream()
                .filter(info -> info.handle().equals(uuid))
                .toList();
    }

    /** Removes or renames the domain that has stopped. */
    private void leave(StopJournal.Entry entry) {
        if (entry.aside().isPresent()) {
            setAside(entry, entry.aside().get());
            // The successor gets them. The memory of the domain is what it is preserved for.
            NextConfig.freeUsbDevices(host, entry.domid());
        } else {
            host.removal().remove(entry.domid(), entry.uuid());
        }
    }

    /** Renames the domain as libxl does: the name gets a suffix, and the domain another UUID. */
    private void setAside(StopJournal.Entry entry, StopJournal.Identity identity) {
        DomainPaths paths = new DomainPaths(entry.domid());
        String before = DomainPaths.vm(entry.uuid());
        String after = DomainPaths.vm(identity.uuid());
        host.store().inTransaction(transaction -> {
            if (transaction.read(paths.of("vm")).filter(before::equals).isPresent()) {
                transaction.write(
                        after, "", List.of(OURS, new XenStorePermission(entry.domid(), XenStorePermission.READ)));
                transaction
                        .read(before + "/start_time")
                        .ifPresent(time -> transaction.write(after + "/start_time", time));
                transaction.write(after + "/uuid", identity.uuid().toString());
                transaction.write(after + "/name", identity.name());
                transaction.removeWithEmptyParents(before);
                transaction.write(paths.of("vm"), after);
                transaction.write(paths.name(), identity.name());
                transaction.write(paths.kept(), "set aside for its successor");
            }
            return identity;
        });
        boolean unchanged = host.xenctrl()
                .domains()
                .info(entry.domid())
                .filter(info -> info.handle().equals(entry.uuid()))
                .isPresent();
        if (unchanged) {
            host.xenctrl().domains().setHandle(entry.domid(), identity.uuid());
            host.userdata().move(entry.domid(), entry.uuid(), identity.uuid());
            report(
                    Kind.SET_ASIDE,
                    entry,
                    entry.domid(),
                    "preserved as " + identity.name() + " until somebody destroys it");
        }
    }

    private void succeed(StopJournal.Entry entry, DomainConfig config, Instant now) {
        if (!host.builds().recover(host.xenctrl(), host.removal(), entry.uuid())) {
            schedule.postpone(entry.uuid(), now.plus(WHILE_DYING));
            return;
        }
        Optional<DomainInfo> built =
                domains(entry.uuid()).stream().filter(info -> !info.dying()).findFirst();
        try {
            int domid = built.map(DomainInfo::domid)
                    .orElseGet(() -> build(NextConfig.withoutUnplugged(host, entry.domid(), config)));
            start(entry, domid, now);
        } catch (ToolstackException e) {
            failed(entry, e, now);
        }
    }

    private int build(DomainConfig config) {
        return host.builder()
                .build(config, CreateListener.NONE, new Cancellation())
                .domid();
    }

    private void start(StopJournal.Entry entry, int domid, Instant now) {
        if (policy.only().isPresent()) {
            leases.take(domid, transaction -> {});
        }
        if (host.xenctrl().domains().info(domid).filter(DomainInfo::paused).isPresent()) {
            host.xenctrl().domains().unpause(domid);
        }
        close(entry.uuid());
        schedule.started(entry.uuid(), now);
        report(Kind.RESTARTED, entry, domid, "restarted; it was domain " + entry.domid());
    }

    private void failed(StopJournal.Entry entry, ToolstackException failure, Instant now) {
        Optional<Duration> next = schedule.failed(entry.uuid(), now);
        if (next.isPresent()) {
            schedule.postpone(entry.uuid(), now.plus(next.get()));
            report(
                    Kind.RESTART_FAILED,
                    entry,
                    entry.domid(),
                    "not restarted, retrying in " + next.get().toSeconds() + " s: " + failure.getMessage());
        } else {
            close(entry.uuid());
            schedule.forget(entry.uuid());
            report(
                    Kind.GAVE_UP,
                    entry,
                    entry.domid(),
                    "not restarted within " + policy.retryFor().toMinutes() + " min; create it again: "
                            + failure.getMessage());
            host.rooms().giveBackIfOn();
        }
    }

    private void close(UUID uuid) {
        host.store().inTransaction(transaction -> {
            boolean ours = StopJournal.lease(leases.holder(), uuid).state(transaction) == Lease.State.OURS;
            if (ours) {
                StopJournal.remove(transaction, uuid);
            }
            return ours;
        });
    }

    private void report(Kind kind, StopJournal.Entry entry, int domid, String detail) {
        listener.accept(new SupervisionEvent(kind, domid, entry.name(), entry.uuid(), detail));
    }
}
