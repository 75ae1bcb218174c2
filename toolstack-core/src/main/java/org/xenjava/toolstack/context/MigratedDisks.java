// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;

/** The disks of a guest that migrates, which the other host opens while this one still has them. */
public final class MigratedDisks {
    private final StoreClient store;
    private final DomainPaths domain;

    /**
     * Names a guest.
     *
     * @param domain paths of its nodes
     */
    public MigratedDisks(StoreClient store, DomainPaths domain) {
        this.store = store;
        this.domain = domain;
    }

    /**
     * Refuses a guest with a writable disk that would be damaged. The QEMU of an HVM guest gives all of its disks up with the state
     * of its devices; that of a PVH guest has no such state.
     *
     * @param attempt the migration in messages
     * @param type of the guest
     * @throws DomainStateException if it has one
     */
    public void requireMovable(String attempt, DomainType type) {
        if (type != DomainType.HVM) {
            requireNone(
                    writable(PvDevice.BACKEND_ROOT + "/" + PvDevice.QEMU_DISK + "/" + domain.domid()),
                    attempt
                            + ": QEMU serves a disk of the guest and would write its image on both hosts; save and restore the guest");
        }
        requireNone(
                writable(domain.libxl() + "/device/" + PvDevice.DISK).filter(this::isOfDriverDomain),
                attempt
                        + ": a driver domain serves a disk of the guest, and what it holds back cannot be flushed from here;"
                        + " shut the guest down and start it on the other host");
    }

    private static void requireNone(Stream<String> disks, String message) {
        if (disks.findAny().isPresent()) {
            throw new DomainStateException(message);
        }
    }

    private Stream<String> writable(String disks) {
        return store.list(disks).stream().map(disk -> disks + "/" + disk).filter(disk -> !store.read(disk + "/mode")
                .equals(Optional.of(Access.READ_ONLY.word())));
    }

    private boolean isOfDriverDomain(String disk) {
        return store.read(disk + "/backend")
                .filter(backend -> !backend.startsWith(PvDevice.BACKEND_ROOT + "/"))
                .isPresent();
    }
}
