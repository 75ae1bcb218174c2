// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.locks.Lock;
import java.util.function.IntPredicate;
import org.xenjava.toolstack.create.BuildJournal;
import org.xenjava.toolstack.create.DomainBuilder;
import org.xenjava.toolstack.create.DomainRemoval;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/**
 * What a supervisor works on, and with.
 *
 * @param podPolicy the rule that domains are built with
 * @param processes signs what is noted, and tells which other supervisors may be alive
 * @param builder builds successors
 * @param builds notes of builds under way
 * @param removal takes domains away
 * @param dumper writes cores
 * @param lostItsDevices whether a running domain's device model has died
 * @param clock the time of day, for names
 * @param lock held while something is done; shared by the supervisors of one process
 */
public record SupervisorContext(
        Xenctrl xenctrl,
        StoreClient store,
        PodPolicy podPolicy,
        ProcessIdentity processes,
        DomainBuilder builder,
        BuildJournal builds,
        DomainRemoval removal,
        Dumper dumper,
        IntPredicate lostItsDevices,
        InstantSource clock,
        Lock lock) {

    /** Writes a domain's memory to a file. */
    @FunctionalInterface
    public interface Dumper {
        /**
         * @throws org.xenjava.toolstack.error.ToolstackException if there is no such file afterwards
         */
        void dump(int domid, UUID uuid, Path file);
    }
}
