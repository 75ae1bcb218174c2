// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.nio.file.Path;
import java.util.UUID;

/** Writes a domain's memory to a file, for {@code on_crash="coredump-…"}. */
@FunctionalInterface
public interface CoreWriter {
    /**
     * @throws org.xenjava.toolstack.error.ToolstackException if there is no such file afterwards
     */
    void dump(int domid, UUID uuid, Path file);
}
