// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.top;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * A domain's use of the host between two samples.
 *
 * @param domain the domain at the second sample
 * @param cpuPercent percent of one CPU
 * @param sentKib KiB that the guest has sent in each second
 * @param receivedKib KiB that the guest has received in each second
 * @param reads read requests in each second
 * @param writes write requests in each second
 */
record Usage(DomainSample domain, double cpuPercent, double sentKib, double receivedKib, double reads, double writes) {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double PERCENT = 100;
    private static final double BYTES_PER_KIB = 1024;

    /** The use by each domain; 0 without an earlier sample, also of a domain. */
    static List<Usage> between(Optional<HostSample> earlier, HostSample later) {
        Map<UUID, DomainSample> before = earlier.map(HostSample::domains).orElse(List.of()).stream()
                .collect(Collectors.toMap(sample -> sample.status().uuid(), Function.identity(), (one, other) -> one));
        double seconds = earlier.map(
                        sample -> Duration.between(sample.time(), later.time()).toNanos() / NANOS_PER_SECOND)
                .orElse(0.0);
        return later.domains().stream()
                .map(now -> of(Optional.ofNullable(before.get(now.status().uuid())), now, seconds))
                .toList();
    }

    private static Usage of(Optional<DomainSample> before, DomainSample now, double seconds) {
        ToLongFunction<ToLongFunction<DomainSample>> difference =
                counter -> before.map(then -> Math.max(0, counter.applyAsLong(now) - counter.applyAsLong(then)))
                        .orElse(0L);
        double each = seconds > 0 ? 1 / seconds : 0;
        return new Usage(
                now,
                difference.applyAsLong(sample -> sample.status().cpuTime().toNanos())
                        / NANOS_PER_SECOND
                        * PERCENT
                        * each,
                difference.applyAsLong(sample -> sample.traffic().sentBytes()) / BYTES_PER_KIB * each,
                difference.applyAsLong(sample -> sample.traffic().receivedBytes()) / BYTES_PER_KIB * each,
                difference.applyAsLong(sample -> sample.traffic().reads()) * each,
                difference.applyAsLong(sample -> sample.traffic().writes()) * each);
    }
}
