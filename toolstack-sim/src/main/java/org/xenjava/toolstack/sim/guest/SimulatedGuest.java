// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import java.util.EnumSet;
import java.util.Set;

/**
 * What is to run in a domain. Immutable: each method gives another guest.
 *
 * @param balloon its balloon driver
 * @param firmware what its firmware hides, if it is an HVM guest
 * @param bootPages RAM that it fills while booting, from the bottom up, in pages
 * @param habits what else it does
 */
public record SimulatedGuest(BalloonDriver balloon, Firmware firmware, long bootPages, Set<Habit> habits) {
    private static final long LINUX_BOOT_PAGES = 4096;

    /** Things that guests do or leave. */
    public enum Habit {
        /** Maps Xen's shared info page over a page of RAM, as Linux does: the domain then owns one page less. */
        REPLACES_A_PAGE_BY_SHARED_INFO,
        /** Powers off, reboots or suspends when {@code control/shutdown} says so. */
        OBEYS_SHUTDOWN_REQUESTS,
        /** Powers off when somebody presses the ACPI power button; only HVM guests have one. */
        OBEYS_THE_POWER_BUTTON,
        /** Has its disks in use and does not give them back when asked, as a mounted one in Linux. */
        KEEPS_ITS_DISKS
    }

    public SimulatedGuest {
        habits = Set.copyOf(habits);
    }

    /** A cooperative guest with that driver, which touches no memory of its own accord. */
    public static SimulatedGuest with(BalloonDriver balloon) {
        return new SimulatedGuest(
                balloon, Firmware.PLAIN, 0, Set.of(Habit.OBEYS_SHUTDOWN_REQUESTS, Habit.OBEYS_THE_POWER_BUTTON));
    }

    /** A current Linux: the balloon driver since 5.6, and 16 MiB in use. */
    public static SimulatedGuest linux() {
        return new SimulatedGuest(
                BalloonDriver.of(BalloonFamily.LINUX),
                Firmware.PLAIN,
                LINUX_BOOT_PAGES,
                EnumSet.complementOf(EnumSet.of(Habit.KEEPS_ITS_DISKS)));
    }

    /** The same with another balloon driver. */
    public SimulatedGuest balloon(BalloonDriver driver) {
        return new SimulatedGuest(driver, firmware, bootPages, habits);
    }

    /** The same with other firmware. */
    public SimulatedGuest firmware(Firmware other) {
        return new SimulatedGuest(balloon, other, bootPages, habits);
    }

    /** The same, filling that much RAM while booting. */
    public SimulatedGuest fillingAtBoot(long pages) {
        return new SimulatedGuest(balloon, firmware, pages, habits);
    }

    /** The same, deaf to {@code control/shutdown}. */
    public SimulatedGuest ignoringShutdownRequests() {
        Set<Habit> fewer = EnumSet.allOf(Habit.class);
        fewer.retainAll(habits);
        fewer.remove(Habit.OBEYS_SHUTDOWN_REQUESTS);
        return new SimulatedGuest(balloon, firmware, bootPages, fewer);
    }

    /** The same, with its disks in use: asked to give one back, it does not. */
    public SimulatedGuest keepingItsDisks() {
        Set<Habit> more = EnumSet.of(Habit.KEEPS_ITS_DISKS);
        more.addAll(habits);
        return new SimulatedGuest(balloon, firmware, bootPages, more);
    }
}
