// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.util.Locale;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;

/** Events that a toolstack can send to a guest as hardware does. Xen on x86 does not support reset and INIT. */
public enum GuestTrigger {
    /** A non-maskable interrupt of one vCPU. */
    NMI(DomctlOp.SENDTRIGGER_NMI),
    /** A reset of the machine. */
    RESET(DomctlOp.SENDTRIGGER_RESET),
    /** An INIT of the first vCPU. */
    INIT(DomctlOp.SENDTRIGGER_INIT),
    /** The ACPI power button. */
    POWER(DomctlOp.SENDTRIGGER_POWER),
    /** The ACPI sleep button. */
    SLEEP(DomctlOp.SENDTRIGGER_SLEEP);

    private final int number;

    GuestTrigger(int number) {
        this.number = number;
    }

    /** {@return Xen's number} */
    public int number() {
        return number;
    }

    /** {@return whether it is a button, which only an HVM guest has} */
    public boolean isButton() {
        return this == POWER || this == SLEEP;
    }

    /** {@return xl's word for it, such as {@code power}} */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
