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
 * A domain as Xen and xenstore saw it at one moment.
 *
 * @param domid its number
 * @param name its name; empty if it has none
 * @param uuid its UUID
 * @param kind what kind of guest it is
 * @param states what it is doing
 * @param shutdownReason why it stopped, if it did
 * @param totPages pages that it owns
 * @param maxPages pages that it may own
 * @param outstandingPages pages claimed for it and not yet taken
 * @param vcpus vCPUs that are up
 * @param cpuTime CPU time used by all of them
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
        int vcpus,
        Duration cpuTime) {

    /** What a domain is doing, in xl's order and with xl's letters. */
    public enum State {
        RUNNING('r'),
        BLOCKED('b'),
        PAUSED('p'),
        SHUTDOWN('s'),
        CRASHED('c'),
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
        PV,
        PVH,
        HVM
    }

    private static final int PVH_EMULATION = 1;

    public DomainStatus {
        states = Set.copyOf(states);
    }

    static DomainStatus of(DomainInfo info, String name, Optional<String> libxlType) {
        return new DomainStatus(
                info.domid(),
                name,
                info.handle(),
                kind(info, libxlType),
                states(info),
                info.shutdown() ? Optional.of(ShutdownReason.of(info.shutdownReason())) : Optional.empty(),
                Pages.of(info.totPages()),
                Pages.of(info.maxPages()),
                Pages.of(info.outstandingPages()),
                info.onlineVcpus(),
                Duration.ofNanos(info.cpuTimeNanos()));
    }

    private static Kind kind(DomainInfo info, Optional<String> libxlType) {
        if (!info.hvm()) {
            return Kind.PV;
        }
        boolean pvh = libxlType.map("pvh"::equals).orElse(info.emulationFlags() == PVH_EMULATION);
        return pvh ? Kind.PVH : Kind.HVM;
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
