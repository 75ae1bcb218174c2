// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;

/** The toolstack that has built a domain, as its traces in xenstore and files show. */
public enum DomainOrigin {
    /** The host's own domain. */
    HOST,
    /** This library, whose nodes are below {@code /libxl/N/xenjava}. */
    XENJAVA,
    /** libvirt, which stores its XML in a file of libxl's user data ({@code libxl__userdata_path()}). */
    LIBVIRT,
    /** xl or another user of libxl: {@code /libxl/N} exists, and there is no sign of the others. */
    LIBXL,
    /** xend, which writes {@code /vm/UUID/on_xend_stop}. Its domains never got a fix for XSA-153. */
    XEND,
    /** No known toolstack has left a trace. */
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
