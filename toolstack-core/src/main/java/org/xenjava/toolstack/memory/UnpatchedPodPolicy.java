// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * The rule before XSA-153, without slack, to demonstrate the advisory on a simulated Xen. On a real Xen, any user of
 * a guest that was built by this rule can crash it, so a method of its own confirms that use.
 */
public final class UnpatchedPodPolicy implements PodPolicy {
    private final boolean realXenAccepted;

    private UnpatchedPodPolicy(boolean realXenAccepted) {
        this.realXenAccepted = realXenAccepted;
    }

    /** {@return the rule for simulations; a build on real Xen is refused} */
    public static UnpatchedPodPolicy forSimulation() {
        return new UnpatchedPodPolicy(false);
    }

    /** {@return the rule for a real Xen whose guests may crash, as in a laboratory} */
    public static UnpatchedPodPolicy yesLetGuestsCrashOnRealXen() {
        return new UnpatchedPodPolicy(true);
    }

    /** {@return whether the caller confirmed the use on real Xen} */
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
