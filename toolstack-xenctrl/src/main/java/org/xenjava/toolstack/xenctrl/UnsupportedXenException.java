// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.Objects;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/** The running Xen has a release that the library does not describe. */
public final class UnsupportedXenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient XenRelease running;

    UnsupportedXenException(XenRelease running, String why) {
        super("Xen " + running + " is not supported: " + why + "; supported: "
                + String.join(
                        ", ",
                        XenAbi.supportedReleases().stream()
                                .map(XenRelease::toString)
                                .toList()));
        this.running = running;
    }

    /** The release of the running Xen. */
    public XenRelease running() {
        return running;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
