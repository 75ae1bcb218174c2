// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.StreamRecord.DomainKind;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The parts of a stream that differ between PV guests and others. */
sealed interface SavedState permits HvmSavedState, PvSavedState {
    /**
     * The parts of a domain.
     *
     * @param size the largest size of the domain: {@code memory/static-max}
     */
    static SavedState of(Xenctrl xenctrl, int domid, DomainType type, KiB size) {
        return type == DomainType.PV ? new PvSavedState(xenctrl, domid, size) : new HvmSavedState(xenctrl, domid);
    }

    DomainKind kind();

    FrameSource frames();

    /** Writes what comes before the CPU policy. */
    void writeStart(RecordWriter writer) throws IOException;

    /** Writes the state of the vCPUs, once the guest has stopped. */
    void writeVcpus(RecordWriter writer) throws IOException;
}
