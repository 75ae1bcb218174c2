// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

/**
 * The traffic of a domain's devices since they were attached, as domain 0's kernel and QEMU count it. A disk that QEMU
 * cannot be asked about counts among the disks, and has no traffic.
 *
 * @param nics number of network cards
 * @param sentBytes bytes that the guest has sent
 * @param receivedBytes bytes that the guest has received
 * @param disks number of disks
 * @param waits requests that had to wait for a free page of the back end
 * @param reads read requests
 * @param writes write requests
 * @param readSectors sectors of 512 bytes read
 * @param writtenSectors sectors of 512 bytes written
 */
public record DomainTraffic(
        int nics,
        long sentBytes,
        long receivedBytes,
        int disks,
        long waits,
        long reads,
        long writes,
        long readSectors,
        long writtenSectors) {
    /** The traffic of a domain without devices. */
    public static final DomainTraffic NONE = new DomainTraffic(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
