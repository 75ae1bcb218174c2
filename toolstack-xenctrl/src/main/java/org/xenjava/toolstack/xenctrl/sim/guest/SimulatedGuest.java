// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.sim.guest;

/**
 * What is to run in a domain. Immutable: each method gives another guest.
 *
 * @param balloon its balloon driver
 * @param firmware what its firmware hides, if it is an HVM guest
 * @param bootPages RAM that it fills while booting, from the bottom up
 * @param replacesPageBySharedInfo whether it maps Xen's shared info page over a page of RAM, as Linux does
 * @param obeysShutdownRequests whether it powers off or reboots when {@code control/shutdown} says so
 */
public record SimulatedGuest(
        BalloonDriver balloon,
        Firmware firmware,
        long bootPages,
        boolean replacesPageBySharedInfo,
        boolean obeysShutdownRequests) {

    /** A cooperative guest with that driver, which touches no memory of its own accord. */
    public static SimulatedGuest with(BalloonDriver balloon) {
        return new SimulatedGuest(balloon, Firmware.PLAIN, 0, false, true);
    }

    /** A current Linux: the balloon driver since 5.6, 16 MiB in use. */
    public static SimulatedGuest linux() {
        return new SimulatedGuest(BalloonDriver.of(BalloonFamily.LINUX), Firmware.PLAIN, 4096, true, true);
    }

    /** The same with another balloon driver. */
    public SimulatedGuest balloon(BalloonDriver driver) {
        return new SimulatedGuest(driver, firmware, bootPages, replacesPageBySharedInfo, obeysShutdownRequests);
    }

    /** The same with other firmware. */
    public SimulatedGuest firmware(Firmware other) {
        return new SimulatedGuest(balloon, other, bootPages, replacesPageBySharedInfo, obeysShutdownRequests);
    }

    /** The same, filling that much RAM while booting. */
    public SimulatedGuest fillingAtBoot(long pages) {
        return new SimulatedGuest(balloon, firmware, pages, replacesPageBySharedInfo, obeysShutdownRequests);
    }

    /** The same, deaf to {@code control/shutdown}. */
    public SimulatedGuest ignoringShutdownRequests() {
        return new SimulatedGuest(balloon, firmware, bootPages, replacesPageBySharedInfo, false);
    }
}
