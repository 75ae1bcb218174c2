// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.save.GuestEmulator;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/** The QEMU that emulates the devices of an HVM guest which is saved. */
public final class SavedQemu implements GuestEmulator {
    private static final Logger LOG = LoggerFactory.getLogger(SavedQemu.class);

    private final DeviceModels deviceModels;
    private final int domid;
    private Optional<QemuProcess> found = Optional.empty();

    private SavedQemu(DeviceModels deviceModels, int domid) {
        this.deviceModels = deviceModels;
        this.domid = domid;
    }

    /**
     * {@return the emulator of a domain} A paravirtual guest has none, even if a QEMU serves its disks.
     *
     * @param domid number of the domain
     */
    public static GuestEmulator of(StoreClient store, DeviceModels deviceModels, int domid) {
        boolean hvm = store.read(new DomainPaths(domid).libxlType())
                .filter(DomainType.HVM.word()::equals)
                .isPresent();
        return hvm ? new SavedQemu(deviceModels, domid) : GuestEmulator.none();
    }

    @Override
    public void find() {
        found = deviceModels.process(domid);
        if (found.isEmpty()) {
            throw unseen();
        }
    }

    private DeviceModelException unseen() {
        return new DeviceModelException("domain " + domid + ": no QEMU serves its devices, or it is not visible");
    }

    @Override
    public Optional<Blob> stop() {
        QemuProcess qemu = found.orElseThrow(this::unseen);
        qemu.stop();
        return Optional.of(Blob.of(qemu.deviceState()));
    }

    /** A QEMU that is not visible, such as one in another PID namespace, may be stopped; one that has ended is not. */
    @Override
    public void resume() {
        found = found.or(() -> deviceModels.process(domid));
        if (found.isPresent()) {
            found.get().resume();
        } else if (deviceModels.liveness(domid) != Liveness.DEAD) {
            throw unseen();
        } else {
            LOG.warn("domain {}: its QEMU has ended", domid);
        }
    }
}
