// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The state of a domain in Xen and xenstore at one moment.
 *
 * @param domid number of the domain
 * @param name name of the domain; empty if it has none
 * @param uuid UUID of the domain
 * @param kind kind of guest
 * @param states activity of the domain
 * @param shutdownReason reason of the shutdown, if the domain has shut down
 * @param totPages pages that the domain owns
 * @param maxPages limit of the pages that the domain may own
 * @param outstandingPages pages that are claimed for the domain and not yet taken
 * @param sharedPages pages that the domain shares with other domains
 * @param vcpus number of vCPUs that are up
 * @param cpuTime CPU time used by all vCPUs
 */
public record DomainStatus(
        int domid,
        String name,
        UUID uuid,
        Kind kind,
        Set<State> states,
        Optional<ShutdownReason> shutdownReason,
        Pages totPages,
        Pages maxPages,
        Pages outstandingPages,
        Pages sharedPages,
        int vcpus,
        Duration cpuTime) {

    /** Activities of a domain, in xl's order and with xl's letters. */
    public enum State {
        /** A vCPU runs on a CPU now. */
        RUNNING('r'),
        /** All vCPUs wait for an event. */
        BLOCKED('b'),
        /** A toolstack has paused the domain. */
        PAUSED('p'),
        /** The guest has stopped. */
        SHUTDOWN('s'),
        /** The guest has stopped by a crash. */
        CRASHED('c'),
        /** The domain was destroyed, and Xen frees its memory. */
        DYING('d');

        private final char letter;

        State(char letter) {
            this.letter = letter;
        }

        /** {@return the letter of {@code xl list}} */
        public char letter() {
            return letter;
        }
    }

    /** Kinds of domains. */
    public enum Kind {
        /** A guest whose kernel knows Xen and uses no hardware virtualization. */
        PV,
        /** A guest that starts a kernel directly, without firmware or device model. */
        PVH,
        /** A guest with firmware and a device model. */
        HVM
    }

    /** A local APIC alone; an HVM guest has more. */
    private static final int PVH_EMULATION = 1;

    /**
     * Copies the set, so that the record is immutable.
     *
     * @param domid number of the domain
     * @param name name of the domain; empty if it has none
     * @param uuid UUID of the domain
     * @param kind kind of guest
     * @param states activity of the domain
     * @param shutdownReason reason of the shutdown, if the domain has shut down
     * @param totPages pages that the domain owns
     * @param maxPages limit of the pages that the domain may own
     * @param outstandingPages pages that are claimed for the domain and not yet taken
     * @param sharedPages pages that the domain shares with other domains
     * @param vcpus number of vCPUs that are up
     * @param cpuTime CPU time used by all vCPUs
     */
    public DomainStatus {
        states = Set.copyOf(states);
    }

    static DomainStatus of(DomainInfo info, String name) {
        return new DomainStatus(
                info.domid(),
                name,
                info.handle(),
                kind(info),
                states(info),
                info.shutdown() ? Optional.of(ShutdownReason.of(info.shutdownReason())) : Optional.empty(),
                Pages.of(info.totPages()),
                Pages.of(info.maxPages()),
                Pages.of(info.outstandingPages()),
                Pages.of(info.sharedPages()),
                info.onlineVcpus(),
                Duration.ofNanos(info.cpuTimeNanos()));
    }

    static Kind kind(DomainInfo info) {
        if (!info.hvm()) {
            return Kind.PV;
        }
        return info.emulationFlags() == PVH_EMULATION ? Kind.PVH : Kind.HVM;
    }

    private static Set<State> states(DomainInfo info) {
        Set<State> states = EnumSet.noneOf(State.class);
        if (info.running()) {
            states.add(State.RUNNING);
        }
        if (info.blocked()) {
            states.add(State.BLOCKED);
        }
        if (info.paused()) {
            states.add(State.PAUSED);
        }
        if (info.shutdown()) {
            states.add(info.shutdownReason() == ShutdownReason.CRASH.code() ? State.CRASHED : State.SHUTDOWN);
        }
        if (info.dying()) {
            states.add(State.DYING);
        }
        return states;
    }
}
