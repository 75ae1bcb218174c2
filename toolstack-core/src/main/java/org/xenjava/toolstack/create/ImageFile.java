// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.xenjava.toolstack.error.KernelImageException;

/** Reads a file that becomes a part of a guest's memory. */
final class ImageFile {
    private ImageFile() {}

    /**
     * All of it.
     *
     * @param what the file is, for messages
     * @throws KernelImageException if there is none, or it cannot be read
     */
    static byte[] read(String what, Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new KernelImageException("the " + what + " " + file + " does not exist", e);
        } catch (IOException | OutOfMemoryError e) {
            throw new KernelImageException("the " + what + " " + file + " cannot be read: " + e, e);
        }
    }
}
