// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.xenjava.toolstack.process.ProcessIdentity;

/**
 * The paths of a domain's nodes in xenstore. They are libxl's, so that xl and this library find each other's domains.
 *
 * @param domid the domain
 */
public record DomainPaths(int domid) {
    /** Parent of every domain's own tree. */
    public static final String DOMAINS = "/local/domain";

    /** Parent of the toolstack's notes of every domain. */
    public static final String LIBXL = "/libxl";

    private static final Pattern DOMID = Pattern.compile("\\d{1,5}");

    /** {@return the paths of the domain whose number is the name of a node; empty if the name is no domid} */
    public static Optional<DomainPaths> named(String name) {
        return DOMID.matcher(name).matches() ? Optional.of(new DomainPaths(Integer.parseInt(name))) : Optional.empty();
    }

    /** {@code /local/domain/N}: what the guest itself may read. */
    public String root() {
        return DOMAINS + "/" + domid;
    }

    /** The path of a node below {@link #root}. */
    public String of(String relative) {
        return root() + "/" + relative;
    }

    /** {@return the path of the domain's name} */
    public String name() {
        return of("name");
    }

    /** {@return the path of the balloon driver's target in KiB} */
    public String memoryTarget() {
        return of("memory/target");
    }

    /** {@return the path of the size that the domain was built for, in KiB} */
    public String memoryStaticMax() {
        return of("memory/static-max");
    }

    /** {@return the path of the video RAM in KiB} */
    public String memoryVideoRam() {
        return of("memory/videoram");
    }

    /** {@return the path of the node that says whether a vCPU is to be online} */
    public String vcpuAvailability(int vcpu) {
        return of("cpu/" + vcpu + "/availability");
    }

    /** {@code /libxl/N}: the toolstack's own nodes, not readable for the guest. */
    public String libxl() {
        return LIBXL + "/" + domid;
    }

    /** {@return the path of libxl's word for the kind of guest} */
    public String libxlType() {
        return libxl() + "/type";
    }

    /** The largest size in KiB for which the PoD cache was made since the build; ours, unknown to libxl. */
    public String podBackedKib() {
        return libxl() + "/xenjava/pod-backed-kib";
    }

    /** The maximum in KiB that the domain's next build uses, if mem-max has set one; ours, unknown to libxl. */
    public String nextMaximumKib() {
        return libxl() + "/xenjava/next-maximum-kib";
    }

    /** The lease of the process that resizes the domain; ours, unknown to libxl. */
    public String resizing() {
        return libxl() + "/xenjava/resizing";
    }

    /** The record of the PoD guards and the lease of the present one; ours, unknown to libxl. */
    public String podGuard() {
        return libxl() + "/xenjava/guard";
    }

    /** The domain's configuration, as xl.cfg text in pieces; ours, unknown to libxl. */
    public String storedConfig() {
        return libxl() + "/xenjava/config";
    }

    /** Exists if the guest's RAM ends before memory that firmware reserves for devices; ours, unknown to libxl. */
    public String reservedMemory() {
        return libxl() + "/xenjava/reserved-memory";
    }

    /** The configuration of the next build, if it is not the present one; ours, unknown to libxl. */
    public String nextConfig() {
        return libxl() + "/xenjava/next-config";
    }

    /** The identity of the device model's process, in the form of {@link ProcessIdentity}; ours, unknown to libxl. */
    public String deviceModelIdentity() {
        return libxl() + "/xenjava/device-model";
    }

    /** Exists while the device model, with the devices of a saved guest, waits until it may run; ours, unknown to libxl. */
    public String deviceModelWaits() {
        return libxl() + "/xenjava/device-model-waits";
    }

    /** Exists while a suspended guest without its device model becomes a crashed one; ours, unknown to libxl. */
    public String crashing() {
        return libxl() + "/xenjava/crashing";
    }

    /** Exists while the device model reports its writes to the guest's memory to Xen; ours, unknown to libxl. */
    public String deviceModelLogsWrites() {
        return libxl() + "/xenjava/device-model-logs-writes";
    }

    /** The user that only its device model has, if it has one; ours, unknown to libxl. */
    public String deviceModelUser() {
        return libxl() + "/xenjava/device-model-user";
    }

    /** The lease of the supervisor that acts when the domain shuts down; ours, unknown to libxl. */
    public String supervisor() {
        return libxl() + "/xenjava/supervisor";
    }

    /** The UUID of the guest for which the domain is built while the guest still is elsewhere; ours, unknown to libxl. */
    public String arriving() {
        return libxl() + "/xenjava/arriving";
    }

    /** The reason for which a domain that has shut down is preserved; ours, unknown to libxl. */
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

    /** The directory in which the device model reports its state. */
    public String deviceModel() {
        return DOMAINS + "/0/device-model/" + domid;
    }

    /** The PID of the device model; libxl's node. */
    public String deviceModelPid() {
        return of("image/device-model-pid");
    }

    /** The user whose processes libxl kills when it ends the device model; libxl's node. */
    public String deviceModelKillUser() {
        return of("image/device-model-kill-uid");
    }

    /** The address that the VNC server listens on; libxl's node. */
    public String vncListen() {
        return of("console/vnc-listen");
    }

    /** The TCP port of the VNC server; libxl's node. */
    public String vncPort() {
        return of("console/vnc-port");
    }

    /** The host's terminal of an emulated serial port, from 0; libxl's node. */
    public String serialTerminal(int port) {
        return of("serial/" + port + "/tty");
    }

    /** Every tree beside {@link #root} that belongs to the domain and goes with it; no guest can write any of these. */
    public List<String> besidesRoot() {
        return List.of(libxl(), DOMAINS + "/0/backend/console/" + domid, deviceModel());
    }

    /** The same with the domain's tree below {@code /vm}. */
    public List<String> besidesRoot(UUID uuid) {
        return Stream.concat(besidesRoot().stream(), Stream.of(vm(uuid))).toList();
    }
}
