// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

/** A guest's physical memory, to be written to: mapped pages of a domain, or an array in a test. */
public interface GuestMemory {
    /**
     * Copies {@code length} bytes of {@code source}, from {@code offset} on, to a guest-physical address.
     *
     * @param address guest-physical, in bytes
     */
    void write(long address, byte[] source, int offset, int length);

    /** Copies the whole array to a guest-physical address. */
    default void write(long address, byte[] source) {
        write(address, source, 0, source.length);
    }
}
