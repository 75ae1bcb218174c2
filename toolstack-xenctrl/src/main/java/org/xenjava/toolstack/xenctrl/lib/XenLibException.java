// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** The failure of a call of one of Xen's libraries, with the function and errno. */
public final class XenLibException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The name of the C function. */
    private final String function;

    private final transient Errno errno;

    /**
     * Creates the failure of a call.
     *
     * @param function the C function, such as {@code "xs_write"}
     * @param errno errno after the call
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

    /** {@return errno after the call} */
    public Errno errno() {
        return errno;
    }
}
