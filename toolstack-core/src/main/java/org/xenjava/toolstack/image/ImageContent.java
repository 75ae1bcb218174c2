// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

/**
 * The bytes of a kernel, a ramdisk or firmware. The bytes stay where they are, in a file or an array, until a {@link
 * ImageReader} copies a part of them.
 */
public interface ImageContent {
    /** The kind and the place of the content for messages, such as {@code kernel /boot/vmlinuz}. */
    String name();

    /** Length in bytes. */
    long length();

    /**
     * Opens the content for reading.
     *
     * @throws org.xenjava.toolstack.error.KernelImageException if it is no longer there, or is no longer what it was
     */
    ImageReader open();

    /** The content of an array, which must not be changed afterwards. */
    static ImageContent of(String name, byte[] bytes) {
        return new ArrayContent(name, bytes);
    }
}
