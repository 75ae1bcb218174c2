// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import org.xenjava.toolstack.error.KernelImageException;

/**
 * A file that is copied unchanged into a guest's memory: a ramdisk, a BIOS, tables. Immutable; safe to use from many
 * threads.
 */
public final class DataImage {
    private final ImageContent content;
    private final NonZeroPages nonZero;

    private DataImage(ImageContent content) {
        this.content = content;
        this.nonZero = new NonZeroPages(0, content.length(), 0);
    }

    /** @throws KernelImageException if the content is empty */
    public static DataImage of(ImageContent content) {
        if (content.length() == 0) {
            throw new KernelImageException(content.name() + ": the file is empty");
        }
        return new DataImage(content);
    }

    /** The name of the content in messages. */
    public String name() {
        return content.name();
    }

    /** The length in bytes, 1 or more. */
    public long length() {
        return content.length();
    }

    /** The file and zeros up to the end of its last page. */
    Segment inWholePagesAt(long address) {
        return new Segment(address, ImagePlan.pageAlign(content.length()), content, 0, content.length(), nonZero);
    }

    /** @param address guest-physical address of the beginning of a page */
    Segment at(long address) {
        return new Segment(address, content.length(), content, 0, content.length(), nonZero);
    }
}
