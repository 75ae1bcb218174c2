// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The progress of a migration.
 *
 * @param phase what goes on
 * @param pass number of the pass over the memory, from 1
 * @param copied pages of this pass that were visited
 * @param toCopy pages that this pass visits
 * @param rates what the last complete pass has measured; empty during the first one
 * @param cap percent of a CPU to which the guest is slowed down; empty if it is not
 */
public record MigrationProgress(
        Phase phase, int pass, Pages copied, Pages toCopy, Optional<MigrationRates> rates, OptionalInt cap) {

    /** The phases of a migration. */
    public enum Phase {
        /** Memory is copied while the guest runs. */
        COPYING,
        /** The guest is suspended, and the memory that it has written since is copied. */
        SUSPENDED,
        /** All memory is sent again, and the other host compares it with what it has. */
        COMPARING,
        /** The other host has all of the guest and attaches its devices. */
        WAITING,
        /** The guest was handed over and may run on the other host. */
        HANDED_OVER
    }
}
