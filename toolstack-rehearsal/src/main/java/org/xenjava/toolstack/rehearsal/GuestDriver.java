// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;

/**
 * A balloon driver of a rehearsal.
 *
 * @param name display name
 * @param behaviour the simulated driver
 */
public record GuestDriver(String name, BalloonDriver behaviour) {
    /** Shortfalls in pages: around 0, around the measured value of old Linux, and around the advisory's 256 pages. */
    private static final long[] SHORTFALLS = {1, 98, 200, 256, 257};

    /**
     * {@return the drivers of systems that run as such guests, and Linux drivers that stop short by increasing
     * numbers of pages}
     *
     * @param type the type of the guest
     */
    public static List<GuestDriver> of(DomainType type) {
        List<GuestDriver> drivers = new ArrayList<>();
        drivers.add(new GuestDriver("Linux 4.14 and later", BalloonDriver.of(BalloonFamily.LINUX)));
        drivers.add(olderLinux(type));
        if (type == DomainType.HVM) {
            drivers.add(new GuestDriver("Windows PV drivers", BalloonDriver.of(BalloonFamily.WINDOWS)));
        }
        drivers.add(new GuestDriver("FreeBSD", BalloonDriver.of(BalloonFamily.FREEBSD)));
        LongStream.of(SHORTFALLS).mapToObj(GuestDriver::linuxStoppingShort).forEach(drivers::add);
        drivers.add(new GuestDriver("NetBSD", BalloonDriver.of(BalloonFamily.NETBSD)));
        drivers.add(none());
        return List.copyOf(drivers);
    }

    /**
     * {@return the driver of Linux versions that use the memory map, which lacks some pages} Linux runs as PVH since
     * 4.11.
     *
     * @param type the type of the guest, which decides the versions in the display name
     */
    public static GuestDriver olderLinux(DomainType type) {
        return new GuestDriver(
                type == DomainType.PVH ? "Linux 4.11 and 4.12" : "Linux 3.13 to 4.12",
                BalloonDriver.of(BalloonFamily.LINUX_3_13_TO_4_12));
    }

    /** {@return the driver of a guest that frees no page} */
    public static GuestDriver none() {
        return new GuestDriver("no balloon driver", BalloonDriver.of(BalloonFamily.NONE));
    }

    /**
     * {@return a Linux driver that stops for good with that many pages still to free}
     *
     * @param pages 0 or more
     */
    public static GuestDriver linuxStoppingShort(long pages) {
        return new GuestDriver(
                "Linux, " + pages + (pages == 1 ? " page short" : " pages short"),
                BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(pages));
    }
}
