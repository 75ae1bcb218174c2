// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.Optional;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.device.plan.DiskBackend;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.migrate.MigrationProtocol;
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
     * Refuses a guest with a writable disk that would be damaged. QEMU locks an image only for a device that it emulates: the
     * image of a PVH guest must not be opened before the sender's permission, which only this library's protocol ensures.
     *
     * @param attempt the migration in messages
     * @param type of the guest
     * @param protocol the wanted protocol
     * @param sent the configuration that goes with the guest, if it is another one: QEMU may serve the disk there only
     * @return whether the receiver may open a disk only with the permission
     * @throws DomainStateException if the guest has a disk that would be damaged
     */
    public boolean requireMovable(
            String attempt, DomainType type, MigrationProtocol protocol, Optional<DomainConfig> sent) {
        boolean late = type == DomainType.PVH
                && (new QemuDisks(store, domain.domid()).areThereAny()
                        || sent.filter(MigratedDisks::hasQemuDisk).isPresent());
        if (late && protocol == MigrationProtocol.XL) {
            throw new DomainStateException(attempt
                    + ": QEMU serves a disk of the guest, and a receiver of xl opens its image too early; use this library's"
                    + " protocol (--protocol own), or save and restore the guest");
        }
        if (hasDiskOfDriverDomain()) {
            throw new DomainStateException(attempt
                    + ": a driver domain serves a disk of the guest, and what it holds back cannot be flushed from here;"
                    + " shut the guest down and start it on the other host");
        }
        return late;
    }

    private static boolean hasQemuDisk(DomainConfig config) {
        return config.disks().stream()
                .anyMatch(disk -> disk.access() != DiskConfig.Access.READ_ONLY
                        && disk.script().isEmpty()
                        && DiskBackend.needsQemu(disk, config.type()));
    }

    private boolean hasDiskOfDriverDomain() {
        String disks = domain.libxl() + "/device/" + PvDevice.DISK;
        return store.list(disks).stream()
                .map(disk -> disks + "/" + disk)
                .filter(disk -> QemuDisks.isWritable(store, disk))
                .anyMatch(this::isOfDriverDomain);
    }

    private boolean isOfDriverDomain(String disk) {
        return store.read(disk + "/backend")
                .filter(backend -> !backend.startsWith(PvDevice.BACKEND_ROOT + "/"))
                .isPresent();
    }
}
