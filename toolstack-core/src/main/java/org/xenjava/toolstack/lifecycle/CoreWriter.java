// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.nio.file.Path;
import java.util.UUID;

/** Writes a domain's memory to a file, for {@code on_crash="coredump-…"}. */
@FunctionalInterface
public interface CoreWriter {
    /**
     * Writes the file.
     *
     * @param domid number of the domain
     * @param uuid UUID of the domain
     * @param file the file
     * @throws org.xenjava.toolstack.error.ToolstackException if the file could not be written completely
     */
    void dump(int domid, UUID uuid, Path file);
}
