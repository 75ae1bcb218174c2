// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The wishes of a caller about the copy of the memory of a running guest.
 *
 * @param bytesPerSecond bytes that are sent each second at most while the guest runs
 * @param longestRest the longest time that the copy of the rest may be predicted to take
 * @param compared whether all memory is sent again at the end, and the other end compares it with what it has
 * @param throttle slows the guest down if it writes too much for the longest rest; empty for never
 */
public record CopySettings(
        OptionalLong bytesPerSecond,
        Optional<Duration> longestRest,
        boolean compared,
        Optional<VcpuThrottle> throttle) {

    /** Ends what slows the guest down. */
    void endThrottle() {
        throttle.ifPresent(VcpuThrottle::close);
    }
}
