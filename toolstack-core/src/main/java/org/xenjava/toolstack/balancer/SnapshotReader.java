// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.xenjava.toolstack.balance.BalancePolicy;
import org.xenjava.toolstack.balance.GuestReport;
import org.xenjava.toolstack.balance.GuestSnapshot;
import org.xenjava.toolstack.balance.GuestSnapshot.Incarnation;
import org.xenjava.toolstack.balance.GuestSnapshot.Phase;
import org.xenjava.toolstack.balance.HostSnapshot;
import org.xenjava.toolstack.balance.MemoryBounds;
import org.xenjava.toolstack.balance.MemoryRequest;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.PhysInfo;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Reads the host for the policy: one list of the domains, one batch of requests to xenstored, and the populate-on-demand
 * counters of those guests that may have a debt.
 */
final class SnapshotReader {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotReader.class);
    /** max_mem is this far above the size of a guest at most: 1 MiB for special pages, and the slack. */
    private static final long LOOSE = 1024;

    private static final long LEAST_CONTROL_DOMAIN = 1024 * 256;
    private static final int CONTROL_DOMAIN_PARTS = 4;

    private final BalancerParts parts;
    private final BalanceSettings settings;
    private final Map<Incarnation, Known> known = new HashMap<>();
    private final Set<Incarnation> withoutDebt = new HashSet<>();
    private final Set<Incarnation> unread = new HashSet<>();
    private List<DomainInfo> loose = List.of();
    private List<DomainInfo> claiming = List.of();
    private Optional<Boolean> controlDomainFixed = Optional.empty();

    /**
     * The state of a domain at the last look.
     *
     * @param size its size at the last look, unless the balancer has set it since
     * @param base size that a user has set
     * @param heldUntil end of the time in which the domain keeps a size that another process has set
     * @param texts the guest's reports
     * @param reported time at which the reports changed last
     */
    private record Known(KiB size, KiB base, Instant heldUntil, GuestReport.Texts texts, Instant reported) {}

    SnapshotReader(BalancerParts parts, BalanceSettings settings) {
        this.parts = parts;
        this.settings = settings;
    }

    HostSnapshot read(Instant now, List<MemoryRequest> requests) {
        List<DomainInfo> domains = parts.xenctrl().domains().list().stream()
                .filter(info -> !info.dying())
                .toList();
        PhysInfo host = parts.xenctrl().host().physInfo();
        Set<Incarnation> alive =
                domains.stream().map(SnapshotReader::incarnation).collect(Collectors.toSet());
        known.keySet().retainAll(alive);
        withoutDebt.retainAll(alive);
        unread.retainAll(alive);
        Map<Integer, GuestNodes> nodes = GuestNodes.read(parts.store(), domains);
        List<DomainInfo> far = new ArrayList<>();
        List<GuestSnapshot> guests = new ArrayList<>();
        for (DomainInfo info : domains) {
            GuestNodes at = Objects.requireNonNull(nodes.get(info.domid()));
            if (info.domid() == 0) {
                guests.add(controlDomain(info, at, now));
            } else {
                GuestSnapshot guest = guest(info, at, now);
                guests.add(guest);
                if (isLoose(info, at, guest)) {
                    far.add(info);
                }
            }
        }
        loose = List.copyOf(far);
        claiming = domains.stream().filter(info -> info.outstandingPages() > 0).toList();
        long claimed = Math.max(0, host.outstandingPages() - host.scrubPages());
        return new HostSnapshot(
                now,
                host.freePages() - claimed,
                Math.max(0, host.scrubPages() - host.outstandingPages()),
                guests,
                requests);
    }

    private static Incarnation incarnation(DomainInfo info) {
        return new Incarnation(info.domid(), info.handle());
    }

    /** The guests of the last look that have given up memory, and whose max_mem would let them take it again. */
    List<DomainInfo> loose() {
        return loose;
    }

    /** The domains of the last look for which host memory is claimed. */
    List<DomainInfo> claiming() {
        return claiming;
    }

    private static boolean isLoose(DomainInfo info, GuestNodes nodes, GuestSnapshot guest) {
        return guest.phase() == Phase.RUNNING
                && nodes.record()
                        .filter(record -> record.set().toPages().count() == guest.sizePages())
                        .isPresent()
                && info.totPages() <= guest.sizePages() + LOOSE
                && info.maxPages() > guest.sizePages() + LOOSE;
    }

    private static GuestSnapshot fixed(DomainInfo info, String name, Phase phase) {
        long pages = info.totPages() + info.outstandingPages();
        return new GuestSnapshot(
                info.domid(), info.handle(), name, phase, pages, pages, pages, pages, pages, 0, Optional.empty());
    }

    private GuestSnapshot guest(DomainInfo info, GuestNodes nodes, Instant now) {
        if (!info.hvm() || info.shutdown()) {
            return fixed(info, nodes.name(), Phase.FIXED);
        }
        if (nodes.size().isEmpty() || nodes.staticMaximum().isEmpty()) {
            return fixed(info, nodes.name(), Phase.BUILDING);
        }
        KiB size = nodes.size().get();
        long most = nodes.staticMaximum().get().toPages().count();
        Known seen = know(incarnation(info), size, size, nodes, now);
        OptionalLong debt = debt(info);
        MemoryBounds bounds = MemoryBounds.of(
                nodes.dynamicMinimum().map(SnapshotReader::pages),
                nodes.maximum().map(SnapshotReader::pages),
                pages(seen.base()),
                most);
        return new GuestSnapshot(
                info.domid(),
                info.handle(),
                nodes.name(),
                phase(info, nodes, seen, debt, now),
                info.paused() ? info.totPages() + info.outstandingPages() : info.totPages(),
                pages(size),
                bounds.floorPages(),
                bounds.ceilingPages(),
                pages(seen.base()),
                debt.orElse(0),
                seen.texts().report(most, seen.reported(), now));
    }

    private Phase phase(DomainInfo info, GuestNodes nodes, Known seen, OptionalLong debt, Instant now) {
        boolean lent = nodes.loan()
                .filter(loan -> loan.outstanding(info.totPages()) > 0)
                .isPresent();
        if (debt.isEmpty() || debt.getAsLong() > 0 || lent) {
            return Phase.BALLOONING;
        }
        boolean excluded = info.paused()
                || nodes.nudged()
                || now.isBefore(seen.heldUntil())
                || !settings.scope().includes(info.domid(), info.handle());
        return excluded ? Phase.FIXED : Phase.RUNNING;
    }

    private static long pages(KiB size) {
        return size.toPages().count();
    }

    /**
     * Another size than the one that was set or seen last is another process's decision, and becomes the base.
     *
     * @param chosen the size that a user or the balancer has chosen: not the one to which a build has shrunk domain 0
     */
    private Known know(Incarnation domain, KiB size, KiB chosen, GuestNodes nodes, Instant now) {
        Optional<Known> before = Optional.ofNullable(known.get(domain));
        Optional<BalanceRecord> ours =
                nodes.record().filter(record -> record.set().equals(size));
        boolean changed = before.map(seen -> !seen.size().equals(size))
                .orElse(nodes.record().isPresent());
        Instant held = ours.isEmpty() && changed
                ? now.plus(settings.policy().hold())
                : before.map(Known::heldUntil).orElse(Instant.MIN);
        Known next = new Known(
                size,
                nodes.record()
                        .filter(record -> record.set().equals(chosen))
                        .map(BalanceRecord::base)
                        .orElse(chosen),
                held,
                nodes.reports(),
                before.filter(seen -> seen.texts().equals(nodes.reports()))
                        .map(Known::reported)
                        .orElse(now));
        known.put(domain, next);
        return next;
    }

    /** The debt of a guest; 0 for good once it was 0. Empty if Xen fails to report it: the guest is then left alone. */
    private OptionalLong debt(DomainInfo info) {
        if (withoutDebt.contains(incarnation(info))) {
            return OptionalLong.of(0);
        }
        try {
            long debt = parts.xenctrl().memory().podTarget(info.domid()).debt();
            if (debt <= 0 && !info.paused()) {
                withoutDebt.add(incarnation(info));
            }
            return OptionalLong.of(Math.max(0, debt));
        } catch (HypercallException e) {
            boolean isNews = !e.errno().equals(Errno.ESRCH) && unread.add(incarnation(info));
            LOG.atLevel(isNews ? Level.WARN : Level.DEBUG)
                    .setCause(e)
                    .log("domain {} is left alone: its populate-on-demand counters cannot be read", info.domid());
            return OptionalLong.empty();
        }
    }

    private GuestSnapshot controlDomain(DomainInfo info, GuestNodes nodes, Instant now) {
        if (settings.policy().controlDomain() == BalancePolicy.ControlDomainPart.NONE || isFixed()) {
            return fixed(info, nodes.name(), Phase.FIXED);
        }
        long owned = info.totPages();
        KiB size = nodes.size().orElse(Pages.of(owned).toKiB());
        Known seen = know(incarnation(info), size, parts.controlDomainSize().beforeRoom(size), nodes, now);
        long base = Math.max(pages(seen.base()), 1);
        long least = Math.min(
                base,
                Math.max(
                        Math.max(LEAST_CONTROL_DOMAIN, base / CONTROL_DOMAIN_PARTS),
                        pages(parts.controlDomainSize().least())));
        long used = owned - Math.min(owned, parts.controlDomain().availableBytes() / Pages.BYTES);
        return new GuestSnapshot(
                0,
                info.handle(),
                nodes.name(),
                now.isBefore(seen.heldUntil()) ? Phase.FIXED : Phase.RUNNING,
                owned,
                pages(size),
                least,
                base,
                base,
                0,
                Optional.of(new GuestReport(used, OptionalInt.empty(), now)));
    }

    private boolean isFixed() {
        if (controlDomainFixed.isEmpty()) {
            controlDomainFixed = Optional.of(parts.controlDomainSize().isFixed());
        }
        return controlDomainFixed.get();
    }
}
