// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * {@link PodPolicy#libxl()}: {@code libxl__get_targetmem_fudge} and {@code libxl_set_memory_target}, as recorded from
 * Xen 4.17. libxl's slack is for HVM guests only. A shape with a VGA hole or video RAM is an HVM guest; every HVM
 * guest has one of them.
 */
record LibxlPodPolicy() implements PodPolicy {
    private static final KiB FUDGE = KiB.ofMiB(1);

    @Override
    public String name() {
        return "libxl";
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
        KiB target = resizeTarget(shape);
        boolean hvm = shape.vgaHole().isMoreThan(Pages.ZERO);
        return hvm && shape.populateOnDemand() ? target.minus(FUDGE) : target;
    }

    @Override
    public KiB resizeTarget(GuestShape shape) {
        return shape.memory().minus(shape.videoRam());
    }

    @Override
    public Optional<Pages> resizePodTarget(GuestShape shape, KiB backed, PodCounters now) {
        return Optional.of(resizeTarget(shape).plus(FUDGE).toPages());
    }
}
