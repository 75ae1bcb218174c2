// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.error.ConfigException;

/**
 * A guest's name of a disk: the {@code vdev} of xl's disk syntax, and its number in Xen's block protocol
 * (xen-vbd-interface(7)). It has one of four forms:
 *
 * <ul>
 *   <li>{@code xvda}, {@code xvdb3}: disks 0 … 1048575, partitions up to 255. The same as {@code d0p0}, {@code d1p3}
 *   <li>{@code hda} … {@code hdd}, partitions up to 63: also on the emulated IDE controller of an HVM guest
 *   <li>{@code sda} … {@code sdp}, partitions up to 15: also on its emulated SCSI controller
 *   <li>a decimal, octal or hexadecimal number, which is the number of the protocol
 * </ul>
 *
 * @param name the name as written
 */
public record VirtualDisk(String name) {
    /** The bus that a guest sees the disk on. */
    public enum Bus {
        /** Xen's paravirtual disks, {@code xvda} and further. */
        XVD,
        /** {@code hda} … {@code hdd}. */
        IDE,
        /** {@code sda} … {@code sdp}. */
        SCSI,
        /** The name is a number. */
        NUMBERED
    }

    private static final Pattern LETTERED = Pattern.compile("(xvd|hd|sd)([a-z]{1,5})(|[1-9][0-9]{0,2})");
    private static final Pattern COUNTED = Pattern.compile("d([0-9]{1,7})p([0-9]{1,3})");

    /** What {@link Integer#decode} takes, without a sign. */
    private static final Pattern NUMBER = Pattern.compile("0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*");

    private static final int XVD_DISKS = 1 << 20;
    private static final int XVD_PARTITIONS = 256;
    private static final int IDE_DISKS = 4;
    private static final int IDE_PARTITIONS = 64;
    private static final int SCSI_DISKS = 16;
    private static final int SCSI_PARTITIONS = 16;

    /** Disks and partitions below 16 have a number in Linux' old form; others have the extended form. */
    private static final int XVD_SHORT = 16;

    private static final int XVD_MAJOR = 202;
    private static final int IDE_MAJOR = 3;
    private static final int SECOND_IDE_MAJOR = 22;
    private static final int SCSI_MAJOR = 8;
    private static final int EXTENDED = 1 << 28;
    private static final int ALPHABET = 26;

    /**
     * Checks the name.
     *
     * @param name the name as written
     * @throws ConfigException if the name is no virtual disk
     */
    public VirtualDisk {
        if (parse(name).isEmpty()) {
            throw new ConfigException(complaint(name));
        }
    }

    /** {@return the bus that the name belongs to} */
    public Bus bus() {
        return place().bus;
    }

    /** {@return the disk's index from 0: 0 for {@code hda}, 1 for {@code xvdb}} 0 for a bare number. */
    public int disk() {
        return place().disk;
    }

    /** {@return the partition from 1; 0 is the whole disk} 0 for a bare number. */
    public int partition() {
        return place().partition;
    }

    /** {@return Xen's number of the device: 768 for {@code hda}, 2048 for {@code sda}, 51712 for {@code xvda}} */
    public int number() {
        return place().number;
    }

    private Place place() {
        return parse(name).orElseThrow();
    }

    private static Optional<Place> parse(String name) {
        Matcher lettered = LETTERED.matcher(name);
        if (lettered.matches()) {
            int partition = lettered.group(3).isEmpty() ? 0 : Integer.parseInt(lettered.group(3));
            return place(lettered.group(1), diskOf(lettered.group(2)), partition);
        }
        Matcher counted = COUNTED.matcher(name);
        if (counted.matches()) {
            return place("xvd", Integer.parseInt(counted.group(1)), Integer.parseInt(counted.group(2)));
        }
        return NUMBER.matcher(name).matches() ? numbered(name) : Optional.empty();
    }

    private static Optional<Place> numbered(String digits) {
        try {
            return Optional.of(new Place(Bus.NUMBERED, 0, 0, Integer.decode(digits)));
        } catch (NumberFormatException tooLarge) {
            return Optional.empty();
        }
    }

    private static Optional<Place> place(String prefix, int disk, int partition) {
        return switch (prefix) {
            case "hd" -> place(disk < IDE_DISKS && partition < IDE_PARTITIONS, Bus.IDE, disk, partition);
            case "sd" -> place(disk < SCSI_DISKS && partition < SCSI_PARTITIONS, Bus.SCSI, disk, partition);
            default -> place(disk < XVD_DISKS && partition < XVD_PARTITIONS, Bus.XVD, disk, partition);
        };
    }

    private static Optional<Place> place(boolean exists, Bus bus, int disk, int partition) {
        return exists ? Optional.of(new Place(bus, disk, partition, number(bus, disk, partition))) : Optional.empty();
    }

    private static int number(Bus bus, int disk, int partition) {
        return switch (bus) {
            case IDE -> (disk < 2 ? IDE_MAJOR : SECOND_IDE_MAJOR) << 8 | disk % 2 << 6 | partition;
            case SCSI -> SCSI_MAJOR << 8 | disk << 4 | partition;
            default ->
                disk < XVD_SHORT && partition < XVD_SHORT
                        ? XVD_MAJOR << 8 | disk << 4 | partition
                        : EXTENDED | disk << 8 | partition;
        };
    }

    /** The index of a disk with these letters: {@code a} is 0, {@code z} is 25, {@code aa} is 26. */
    private static int diskOf(String letters) {
        return letters.chars().reduce(0, (disk, letter) -> disk * ALPHABET + letter - 'a' + 1) - 1;
    }

    private static String complaint(String name) {
        return "'" + name + "' is no virtual disk: write hda … hdd, sda … sdp, xvda …, or d0p0 …";
    }

    @Override
    public String toString() {
        return name;
    }

    private record Place(Bus bus, int disk, int partition, int number) {}
}
