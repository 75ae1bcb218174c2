// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;

/** Who has built a domain, as far as its traces tell. */
public enum DomainOrigin {
    /** The host's own domain. */
    HOST,
    /** This library: it leaves a note below {@code /libxl/N/xenjava}. */
    XENJAVA,
    /** It leaves its XML with libxl, in a file whose name ends so ({@code libxl__userdata_path()}). */
    LIBVIRT,
    /** {@code /libxl/N} exists; xl leaves nothing of its own. */
    LIBXL,
    /** It has left {@code /vm/UUID/on_xend_stop}. Its domains never got a fix for XSA-153. */
    XEND,
    UNKNOWN;

    private static final Path LIBXL_FILES = Path.of("/var/lib/xen");

    static DomainOrigin of(int domid, UUID uuid, StoreClient store) {
        return of(domid, uuid, store, LIBXL_FILES);
    }

    static DomainOrigin of(int domid, UUID uuid, StoreClient store, Path libxlFiles) {
        DomainPaths paths = new DomainPaths(domid);
        if (domid == 0) {
            return HOST;
        }
        if (store.read(paths.podBackedKib()).isPresent()) {
            return XENJAVA;
        }
        if (store.read(paths.libxl()).isPresent()) {
            Path xml = libxlFiles.resolve("userdata-d." + domid + "." + uuid + ".libvirt-xml");
            return Files.exists(xml) ? LIBVIRT : LIBXL;
        }
        return store.read(DomainPaths.vm(uuid) + "/on_xend_stop").isPresent() ? XEND : UNKNOWN;
    }
}
