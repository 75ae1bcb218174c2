// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.Locale;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;

/** What a guest can be sent as hardware would send it. Xen on x86 knows all of them but reset and INIT. */
public enum GuestTrigger {
    NMI(DomctlOp.SENDTRIGGER_NMI),
    RESET(DomctlOp.SENDTRIGGER_RESET),
    INIT(DomctlOp.SENDTRIGGER_INIT),
    /** The ACPI power button. */
    POWER(DomctlOp.SENDTRIGGER_POWER),
    /** The ACPI sleep button. */
    SLEEP(DomctlOp.SENDTRIGGER_SLEEP);

    private final int number;

    GuestTrigger(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    boolean isButton() {
        return this == POWER || this == SLEEP;
    }

    /** As xl writes it, such as {@code power}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
