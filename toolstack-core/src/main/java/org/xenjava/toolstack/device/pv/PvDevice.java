// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.List;
import org.xenjava.toolstack.store.DomainPaths;

/**
 * One device of one domain, and where its nodes are.
 *
 * @param kind what the guest calls it: {@link #DISK}, {@link #CARD} or {@link #KEYBOARD}
 * @param backend what dom0 calls it: the same, or {@link #QEMU_DISK}
 * @param domid the guest
 * @param devid which of its devices: of a disk Xen's number, such as 51712; of a card from 0 on
 */
record PvDevice(String kind, String backend, int domid, int devid) {
    static final String DISK = "vbd";
    static final String QEMU_DISK = "qdisk";
    static final String CARD = "vif";

    /** What libxl gives every HVM guest besides its emulated one; this library gives none, but takes it away. */
    static final String KEYBOARD = "vkbd";

    static final List<String> KINDS = List.of(DISK, CARD, KEYBOARD);
    static final List<String> BACKENDS = List.of(DISK, QEMU_DISK, CARD, KEYBOARD);

    static final String BACKEND_ROOT = DomainPaths.DOMAINS + "/0/backend";

    /** A device whose back end's directory is known. */
    static PvDevice ofBackend(String backend, int domid, int devid) {
        return new PvDevice(backend.equals(QEMU_DISK) ? DISK : backend, backend, domid, devid);
    }

    boolean servedByQemu() {
        return backend.equals(QEMU_DISK) || backend.equals(KEYBOARD);
    }

    String frontPath() {
        return new DomainPaths(domid).of("device/" + kind + "/" + devid);
    }

    String backPath() {
        return BACKEND_ROOT + "/" + place();
    }

    /** The toolstack's copy of what it gave the back end, which no back end can change. */
    String libxlPath() {
        return new DomainPaths(domid).libxl() + "/device/" + kind + "/" + devid;
    }

    /** Where Linux' back ends say what went wrong. */
    String errorPath() {
        return DomainPaths.DOMAINS + "/0/error/backend/" + place();
    }

    private String place() {
        return backend + "/" + domid + "/" + devid;
    }

    /** For messages: {@code disk 51712 of domain 3}. */
    @Override
    public String toString() {
        String what =
                switch (kind) {
                    case CARD -> "network card";
                    case KEYBOARD -> "keyboard";
                    default -> "disk";
                };
        return what + " " + devid + " of domain " + domid;
    }
}
