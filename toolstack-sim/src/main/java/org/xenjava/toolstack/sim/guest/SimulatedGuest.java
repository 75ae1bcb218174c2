// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import java.util.EnumSet;
import java.util.Set;

/**
 * The description of a guest. Immutable: each method returns another description.
 *
 * @param balloon the balloon driver
 * @param firmware the firmware of an HVM guest
 * @param bootPages RAM that the guest fills while booting, from the bottom up, in pages
 * @param habits further behaviour
 */
public record SimulatedGuest(BalloonDriver balloon, Firmware firmware, long bootPages, Set<Habit> habits) {
    private static final long LINUX_BOOT_PAGES = 4096;

    /** Behaviour that a guest has or lacks. */
    public enum Habit {
        /**
         * The guest maps Xen's shared info page over a page of RAM, as Linux does, so that the domain owns one page
         * less.
         */
        REPLACES_A_PAGE_BY_SHARED_INFO,
        /** The guest powers off, reboots or suspends on request of {@code control/shutdown}. */
        OBEYS_SHUTDOWN_REQUESTS,
        /** The guest powers off when the ACPI power button is pressed; only HVM guests have one. */
        OBEYS_THE_POWER_BUTTON,
        /**
         * The guest starts and stops vCPUs as the toolstack asks. Linux leaves the start to user space, which usually has
         * a rule of udev for it.
         */
        BRINGS_VCPUS_ONLINE,
        /** The guest uses its disks and does not release them on request, as Linux with a mounted disk. */
        KEEPS_ITS_DISKS,
        /**
         * The guest writes nodes of its own in xenstore as fast as it can, so that transactions of dom0 that read those
         * nodes conflict.
         */
        HAMMERS_XENSTORE,
        /** The guest is a driver domain: its drivers serve disks and network cards of other guests. */
        SERVES_DEVICES
    }

    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param balloon the balloon driver
     * @param firmware the firmware of an HVM guest
     * @param bootPages RAM that the guest fills while booting, from the bottom up, in pages
     * @param habits further behaviour
     */
    public SimulatedGuest {
        habits = Set.copyOf(habits);
    }

    /**
     * {@return a cooperative guest with that driver, which touches no memory unless told to}
     *
     * @param balloon the balloon driver
     */
    public static SimulatedGuest with(BalloonDriver balloon) {
        return new SimulatedGuest(
                balloon,
                Firmware.PLAIN,
                0,
                Set.of(Habit.OBEYS_SHUTDOWN_REQUESTS, Habit.OBEYS_THE_POWER_BUTTON, Habit.BRINGS_VCPUS_ONLINE));
    }

    /** {@return a current Linux: the balloon driver since 5.6, with 16 MiB in use after its boot} */
    public static SimulatedGuest linux() {
        return new SimulatedGuest(
                BalloonDriver.of(BalloonFamily.LINUX),
                Firmware.PLAIN,
                LINUX_BOOT_PAGES,
                EnumSet.complementOf(EnumSet.of(Habit.KEEPS_ITS_DISKS, Habit.HAMMERS_XENSTORE, Habit.SERVES_DEVICES)));
    }

    /**
     * {@return the guest with another balloon driver}
     *
     * @param driver the balloon driver
     */
    public SimulatedGuest balloon(BalloonDriver driver) {
        return new SimulatedGuest(driver, firmware, bootPages, habits);
    }

    /**
     * {@return the guest with other firmware}
     *
     * @param other the firmware; only an HVM guest has one
     */
    public SimulatedGuest firmware(Firmware other) {
        return new SimulatedGuest(balloon, other, bootPages, habits);
    }

    /**
     * {@return the guest that fills that many pages of RAM while booting}
     *
     * @param pages 0 or more; filled from the bottom of RAM up
     */
    public SimulatedGuest fillingAtBoot(long pages) {
        return new SimulatedGuest(balloon, firmware, pages, habits);
    }

    /** {@return the guest that ignores {@code control/shutdown}} */
    public SimulatedGuest ignoringShutdownRequests() {
        return without(Habit.OBEYS_SHUTDOWN_REQUESTS);
    }

    /** {@return the guest without a rule of udev that brings new vCPUs online: only vCPU 0 runs} */
    public SimulatedGuest ignoringNewVcpus() {
        return without(Habit.BRINGS_VCPUS_ONLINE);
    }

    /** {@return the guest that uses its disks and does not release them on request} */
    public SimulatedGuest keepingItsDisks() {
        return with(Habit.KEEPS_ITS_DISKS);
    }

    /**
     * {@return the guest that writes nodes of its own in xenstore between any two requests of dom0, from its boot on,
     * unless its domain is paused or has shut down}
     */
    public SimulatedGuest hammeringXenstore() {
        return with(Habit.HAMMERS_XENSTORE);
    }

    /**
     * {@return the guest as a driver domain, which serves disks and network cards of other guests, and removes the nodes of
     * those that are detached, unless it is also {@link #hammeringXenstore}}
     */
    public SimulatedGuest servingDevices() {
        return with(Habit.SERVES_DEVICES);
    }

    private SimulatedGuest without(Habit habit) {
        Set<Habit> fewer = EnumSet.allOf(Habit.class);
        fewer.retainAll(habits);
        fewer.remove(habit);
        return new SimulatedGuest(balloon, firmware, bootPages, fewer);
    }

    private SimulatedGuest with(Habit habit) {
        Set<Habit> more = EnumSet.of(habit);
        more.addAll(habits);
        return new SimulatedGuest(balloon, firmware, bootPages, more);
    }
}
