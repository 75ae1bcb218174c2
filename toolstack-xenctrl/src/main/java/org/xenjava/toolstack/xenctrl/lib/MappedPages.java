// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.ByteBuffer;

/**
 * Pages of a domain mapped into this process. A mapping keeps the pages' references: a destroyed domain stays a
 * zombie until its mappings are closed. Closing twice is harmless; {@link #bytes} after close throws {@link
 * IllegalStateException}. A buffer obtained earlier must not be used after close.
 */
public interface MappedPages extends AutoCloseable {
    /** {@return the mapped memory, little-endian, position 0; each call returns a new view} */
    ByteBuffer bytes();

    @Override
    void close();
}
