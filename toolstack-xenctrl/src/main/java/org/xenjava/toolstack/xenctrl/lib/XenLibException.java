// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** A call of one of Xen's libraries failed: which function, and errno. */
public final class XenLibException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String function;
    private final transient Errno errno;

    /**
     * @param function the C function, such as {@code "xs_write"}
     * @param errno what it left in errno
     */
    public XenLibException(String function, Errno errno) {
        super(function + ": " + errno);
        this.function = function;
        this.errno = errno;
    }

    /** {@return the name of the C function} */
    public String function() {
        return function;
    }

    /** {@return what the function left in errno} */
    public Errno errno() {
        return errno;
    }
}
