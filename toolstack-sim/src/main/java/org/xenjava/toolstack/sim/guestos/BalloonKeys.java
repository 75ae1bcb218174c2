// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.util.OptionalLong;

/**
 * The keys in xenstore that a balloon driver reads, in KiB; a missing key is empty.
 *
 * @param target {@code memory/target}
 * @param staticMax {@code memory/static-max}
 * @param videoRam {@code memory/videoram}
 */
record BalloonKeys(OptionalLong target, OptionalLong staticMax, OptionalLong videoRam) {
    private static final long KIB_PER_PAGE = 4;

    static BalloonKeys read(GuestMachine machine) {
        return new BalloonKeys(
                read(machine, "memory/target"), read(machine, "memory/static-max"), read(machine, "memory/videoram"));
    }

    private static OptionalLong read(GuestMachine machine, String path) {
        return machine.read(path)
                .filter(value -> value.matches("[0-9]{1,18}"))
                .map(value -> OptionalLong.of(Long.parseLong(value)))
                .orElse(OptionalLong.empty());
    }

    /** {@code memory/target} in pages; the key must exist. */
    long targetPages() {
        return target.orElseThrow() / KIB_PER_PAGE;
    }

    /** {@code memory/static-max} in pages; the key must exist. */
    long staticMaxPages() {
        return staticMax.orElseThrow() / KIB_PER_PAGE;
    }

    /** {@code memory/videoram} in pages, 0 if it is missing. */
    long videoPages() {
        return videoRam.orElse(0) / KIB_PER_PAGE;
    }
}
