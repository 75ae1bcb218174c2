// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.util.List;
import java.util.UUID;
import org.xenjava.toolstack.process.ProcessIdentity;

/**
 * Where a domain's nodes are in xenstore; the places that libxl uses, so that xl finds our domains and we find its.
 *
 * @param domid the domain
 */
public record DomainPaths(int domid) {
    /** Parent of every domain's own tree. */
    public static final String DOMAINS = "/local/domain";

    /** {@code /local/domain/N}: what the guest itself may read. */
    public String root() {
        return DOMAINS + "/" + domid;
    }

    /** A node below {@link #root}. */
    public String of(String relative) {
        return root() + "/" + relative;
    }

    public String name() {
        return of("name");
    }

    public String memoryTarget() {
        return of("memory/target");
    }

    public String memoryStaticMax() {
        return of("memory/static-max");
    }

    public String memoryVideoRam() {
        return of("memory/videoram");
    }

    /** {@code /libxl/N}: the toolstack's own notes, not readable for the guest. */
    public String libxl() {
        return "/libxl/" + domid;
    }

    public String libxlType() {
        return libxl() + "/type";
    }

    /** Largest size in KiB that the PoD cache was made for since the build; ours, unknown to libxl. */
    public String podBackedKib() {
        return libxl() + "/xenjava/pod-backed-kib";
    }

    /** The maximum in KiB that the domain's next build uses, if mem-max has set one; ours, unknown to libxl. */
    public String nextMaximumKib() {
        return libxl() + "/xenjava/next-maximum-kib";
    }

    /** The process that claims host memory for a resize, while it does; ours, unknown to libxl. */
    public String resizing() {
        return libxl() + "/xenjava/resizing";
    }

    /** What a PoD guard has lent to the domain, and which process it is; ours, unknown to libxl. */
    public String podGuard() {
        return libxl() + "/xenjava/guard";
    }

    /** What the domain was built from, as xl.cfg text in pieces; ours, unknown to libxl. */
    public String storedConfig() {
        return libxl() + "/xenjava/config";
    }

    /** Which process its device model is, as {@link ProcessIdentity} names it; ours, unknown to libxl. */
    public String deviceModelIdentity() {
        return libxl() + "/xenjava/device-model";
    }

    /** The process that acts when the domain shuts down; ours, unknown to libxl. */
    public String supervisor() {
        return libxl() + "/xenjava/supervisor";
    }

    /** Why a domain that has shut down is kept, to be destroyed by its owner; ours, unknown to libxl. */
    public String kept() {
        return libxl() + "/xenjava/kept";
    }

    /** {@code /vm/UUID}. */
    public static String vm(UUID uuid) {
        return "/vm/" + uuid;
    }

    /** The console's front end. */
    public String console() {
        return of("console");
    }

    /** The console's back end in dom0. */
    public String consoleBackend() {
        return DOMAINS + "/0/backend/console/" + domid + "/0";
    }

    /** Where its device model reports, if it has one. */
    public String deviceModel() {
        return DOMAINS + "/0/device-model/" + domid;
    }

    /** The PID of its device model; libxl's node. */
    public String deviceModelPid() {
        return of("image/device-model-pid");
    }

    /** The address that its screen's server listens on; libxl's node. */
    public String vncListen() {
        return of("console/vnc-listen");
    }

    /** The TCP port of its screen's server; libxl's node. */
    public String vncPort() {
        return of("console/vnc-port");
    }

    /** The host's terminal of an emulated serial port, from 0; libxl's node. */
    public String serialTerminal(int port) {
        return of("serial/" + port + "/tty");
    }

    /** Every tree that belongs to the domain and goes with it. */
    public List<String> all(UUID uuid) {
        return List.of(root(), libxl(), vm(uuid), DOMAINS + "/0/backend/console/" + domid, deviceModel());
    }
}
