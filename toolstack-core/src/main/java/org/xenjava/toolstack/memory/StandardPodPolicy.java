// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The rule of {@link PodPolicy#standard(Pages)}. */
record StandardPodPolicy(Pages slack) implements PodPolicy {
    private static final long MAX_SLACK_PAGES = 1L << 28;

    StandardPodPolicy {
        if (slack.count() > MAX_SLACK_PAGES) {
            throw new IllegalArgumentException("a slack of " + slack + " is more than 1 TiB");
        }
    }

    @Override
    public String name() {
        return "standard";
    }

    @Override
    public KiB maxMem(GuestShape shape) {
        KiB room = shape.memory().plus(HEAD_ROOM);
        return shape.populateOnDemand() ? room.plus(slack.toKiB()) : room;
    }

    @Override
    public Optional<Pages> buildTarget(GuestShape shape) {
        return shape.populateOnDemand() ? Optional.of(shape.ram().plus(slack).min(shape.frames())) : Optional.empty();
    }

    @Override
    public KiB bootTarget(GuestShape shape) {
        return shape.memory().minus(shape.videoRam());
    }

    @Override
    public KiB resizeTarget(GuestShape shape) {
        return bootTarget(shape);
    }

    @Override
    public Optional<Pages> resizePodTarget(GuestShape shape, KiB backed, PodCounters now) {
        if (now.debt() <= 0 || !backed.isLessThan(shape.memory())) {
            return Optional.empty();
        }
        // While entries exceed the cache tot_pages is constant, whatever the guest does: a raise is exact.
        long growth = Math.min(shape.memory().minus(backed).toPages().count(), now.debt());
        return Optional.of(Pages.of(now.totPages() + growth));
    }
}
