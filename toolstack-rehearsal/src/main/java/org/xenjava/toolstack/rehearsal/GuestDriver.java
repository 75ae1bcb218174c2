// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;

/**
 * A balloon driver that guests are met with.
 *
 * @param name for people
 * @param behaviour what it does
 */
public record GuestDriver(String name, BalloonDriver behaviour) {
    /** Around nothing, around what is measured of old Linux, and around the advisory's 256 pages. */
    private static final long[] SHORTFALLS = {1, 98, 200, 256, 257};

    /** Those of the systems that run as such guests, and a Linux that stops short by more and more pages. */
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
        drivers.add(new GuestDriver("no balloon driver", BalloonDriver.of(BalloonFamily.NONE)));
        return List.copyOf(drivers);
    }

    /** A Linux that goes by the memory map, which lacks some of its pages. It runs as PVH since 4.11. */
    public static GuestDriver olderLinux(DomainType type) {
        return new GuestDriver(
                type == DomainType.PVH ? "Linux 4.11 and 4.12" : "Linux 3.13 to 4.12",
                BalloonDriver.of(BalloonFamily.LINUX_3_13_TO_4_12));
    }

    /** A Linux whose driver stops for good when it has that many pages still to free. */
    public static GuestDriver linuxStoppingShort(long pages) {
        return new GuestDriver(
                "Linux, " + pages + (pages == 1 ? " page short" : " pages short"),
                BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(pages));
    }
}
