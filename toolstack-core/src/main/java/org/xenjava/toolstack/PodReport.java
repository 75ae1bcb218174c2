// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;
import org.xenjava.toolstack.pod.PodRemedy;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The state of a domain with regard to XSA-153.
 *
 * @param domain state of the domain
 * @param origin the toolstack that built the domain
 * @param counters populate-on-demand counters; empty for domains that cannot have entries: PV domains and dom0
 * @param told size that the balloon driver aims at, video RAM included; empty if xenstore has none
 * @param inspection whether a monitor is attached; the advisory leaves open whether that undoes its workaround
 * @param architecture architecture of the host's processors
 */
public record PodReport(
        DomainStatus domain,
        DomainOrigin origin,
        Optional<PodStatus> counters,
        Optional<KiB> told,
        Inspection inspection,
        Architecture architecture) {
    /** Architectures of hosts. On ARM there is no populate-on-demand. */
    public enum Architecture {
        /** 64-bit x86. */
        X86,
        /** ARM, without populate-on-demand. */
        ARM;

        /** @param capabilities Xen's list of capabilities, such as {@code "xen-3.0-aarch64 xen-3.0-armv7l "} */
        static Architecture of(String capabilities) {
            return capabilities.contains("-aarch64") || capabilities.contains("-arm") ? ARM : X86;
        }
    }

    /** Reads all nodes of the domain with one wait for xenstored. */
    static PodReport of(DomainInfo info, Xenctrl xenctrl, StoreClient store) {
        int domid = info.domid();
        DomainPaths paths = new DomainPaths(domid);
        List<Optional<String>> nodes = store.direct()
                .readAll(List.of(paths.name(), paths.memoryTarget(), paths.memoryVideoRam(), paths.podBackedKib()));
        DomainStatus domain = DomainStatus.of(info, nodes.get(0).orElse(""));
        KiB videoRam = nodes.get(2).flatMap(StoreTransaction::plausibleKib).orElse(KiB.ZERO);
        boolean mayHaveEntries = domain.kind() != DomainStatus.Kind.PV && domid != 0;
        Optional<PodStatus> counters = mayHaveEntries
                ? Optional.of(
                        new PodStatus(domid, domain.name(), xenctrl.memory().podTarget(domid)))
                : Optional.empty();
        return new PodReport(
                domain,
                nodes.get(3).isPresent() ? DomainOrigin.XENJAVA : DomainOrigin.of(domid, domain.uuid(), store),
                counters,
                nodes.get(1).flatMap(StoreTransaction::plausibleKib).map(target -> target.plus(videoRam)),
                mayHaveEntries && xenctrl.domains().monitorAttached(domid) ? Inspection.ATTACHED : Inspection.NONE,
                Architecture.of(xenctrl.host().capabilities()));
    }

    /** {@return the number of entries without a page; never negative} */
    public long debtPages() {
        return Math.max(0, counters.map(PodStatus::debtPages).orElse(0L));
    }

    /**
     * {@return whether the domain has entries that were never touched, so that it was built in populate-on-demand
     * mode}
     */
    public boolean hasEntries() {
        return counters.filter(pod -> pod.entries().count() > 0).isPresent();
    }

    /**
     * {@return the pages that the domain owns beyond its balloon driver's target: cache of the slack, special pages;
     * may be negative}
     */
    public Optional<Long> ownedBeyondTarget() {
        return told.map(size -> domain.totPages().count() - size.toPages().count());
    }

    /**
     * {@return the pages that the domain may own beyond its balloon driver's target: slack and head-room; may be
     * negative}
     */
    public Optional<Long> limitBeyondTarget() {
        return told.map(size -> domain.maxPages().count() - size.toPages().count());
    }

    /** {@return the remedy; empty if the domain lacks no page or has stopped for good} */
    public Optional<PodRemedy> remedy() {
        if (debtPages() == 0 || domain.shutdownReason().isPresent()) {
            return Optional.empty();
        }
        boolean paused = domain.states().contains(DomainStatus.State.PAUSED);
        return Optional.of(
                paused ? new PodRemedy.UnpauseAndGuard(domain.domid()) : new PodRemedy.Guard(domain.domid()));
    }
}
