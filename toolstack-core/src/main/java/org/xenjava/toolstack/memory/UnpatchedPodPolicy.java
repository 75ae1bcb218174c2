// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * The rule before XSA-153: no slack anywhere. It exists to demonstrate the advisory on a simulated Xen; on a real
 * one a guest built with it can be crashed by any of its users, so the name must be said twice.
 */
public final class UnpatchedPodPolicy implements PodPolicy {
    private final boolean realXenAccepted;

    private UnpatchedPodPolicy(boolean realXenAccepted) {
        this.realXenAccepted = realXenAccepted;
    }

    /** For simulations: a build on anything else is refused. */
    public static UnpatchedPodPolicy forSimulation() {
        return new UnpatchedPodPolicy(false);
    }

    /** For a real Xen whose guests may crash: a laboratory. */
    public static UnpatchedPodPolicy yesLetGuestsCrashOnRealXen() {
        return new UnpatchedPodPolicy(true);
    }

    /** {@return the caller asked twice} */
    public boolean realXenAccepted() {
        return realXenAccepted;
    }

    @Override
    public String name() {
        return "unpatched";
    }

    @Override
    public KiB maxMem(GuestShape shape) {
        return shape.memory().plus(HEAD_ROOM);
    }

    @Override
    public Optional<Pages> buildTarget(GuestShape shape) {
        return shape.populateOnDemand() ? Optional.of(shape.ram()) : Optional.empty();
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
        return Optional.of(resizeTarget(shape).toPages());
    }
}
