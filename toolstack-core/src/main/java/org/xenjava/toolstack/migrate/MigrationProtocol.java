// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

/** The protocol between the two ends of a migration. {@code docs/migration-protocol.md} specifies this library's own one. */
public enum MigrationProtocol {
    /**
     * This library's own protocol if the receiver accepts it, and otherwise xl's. A receiver of xl does not answer the
     * offer: the sender waits 5 s for an answer before it copies memory.
     */
    AUTO,
    /** xl's protocol. A PVH guest with a writable disk that QEMU serves is refused. */
    XL,
    /** This library's own protocol; a receiver that does not accept it is refused. */
    OWN,
    /** This library's own protocol, with pages that are compressed with zstd, for links slower than about 50 MiB/s. */
    OWN_COMPRESSED
}
