// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

/** The bytes of a kernel, a ramdisk or firmware, in a file or an array. An {@link ImageReader} copies parts of them. */
public interface ImageContent {
    /** The kind and the path of the content for messages, such as {@code kernel /boot/vmlinuz}. */
    String name();

    /** Length in bytes. */
    long length();

    /**
     * Opens the content for reading.
     *
     * @throws org.xenjava.toolstack.error.KernelImageException if the file is missing or has changed
     */
    ImageReader open();

    /** The content of an array. The caller must not change the array afterwards. */
    static ImageContent of(String name, byte[] bytes) {
        return new ArrayContent(name, bytes);
    }
}
