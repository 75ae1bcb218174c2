// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

/**
 * The traffic of all disks that a QEMU serves, since its start.
 *
 * @param reads read requests
 * @param writes write requests
 * @param readBytes bytes read
 * @param writtenBytes bytes written
 */
public record QemuDiskTraffic(long reads, long writes, long readBytes, long writtenBytes) {
    private static final QemuDiskTraffic NONE = new QemuDiskTraffic(0, 0, 0, 0);

    /** The sums of an answer to {@code query-blockstats}. */
    static QemuDiskTraffic of(QmpAnswer disks) {
        return disks.elements().stream()
                .map(disk -> disk.member("stats"))
                .map(stats -> new QemuDiskTraffic(
                        stats.amount("rd_operations"),
                        stats.amount("wr_operations"),
                        stats.amount("rd_bytes"),
                        stats.amount("wr_bytes")))
                .reduce(NONE, QemuDiskTraffic::plus);
    }

    private QemuDiskTraffic plus(QemuDiskTraffic other) {
        return new QemuDiskTraffic(
                reads + other.reads,
                writes + other.writes,
                readBytes + other.readBytes,
                writtenBytes + other.writtenBytes);
    }
}
