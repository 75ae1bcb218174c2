// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.top;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.HostStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.device.view.DomainTraffic;
import org.xenjava.toolstack.error.DomainGoneException;

/**
 * The host at one moment.
 *
 * @param time the moment, by a clock that never jumps
 * @param host state of the host
 * @param domains its domains
 */
record HostSample(Instant time, HostStatus host, List<DomainSample> domains) {
    HostSample {
        domains = List.copyOf(domains);
    }

    static HostSample of(Toolstack toolstack, Instant time) {
        List<DomainSample> domains = new ArrayList<>();
        Map<UUID, Domain> alive = toolstack.domains().stream()
                .collect(Collectors.toMap(Domain::uuid, Function.identity(), (one, other) -> one));
        for (DomainStatus status : toolstack.statuses()) {
            domains.add(Optional.ofNullable(alive.get(status.uuid()))
                    .flatMap(domain -> read(domain, status))
                    .orElseGet(() -> new DomainSample(status, OptionalLong.empty(), DomainTraffic.NONE)));
        }
        return new HostSample(time, toolstack.host(), domains);
    }

    /** Empty if the domain has ended since the list was made. */
    private static Optional<DomainSample> read(Domain domain, DomainStatus status) {
        try {
            OptionalLong debt = status.kind() == DomainStatus.Kind.PV
                    ? OptionalLong.empty()
                    : OptionalLong.of(domain.pod().status().debtPages());
            return Optional.of(new DomainSample(status, debt, domain.devices().traffic()));
        } catch (DomainGoneException e) {
            return Optional.empty();
        }
    }
}
