// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import static org.xenjava.toolstack.device.plan.ConfinementMeasure.*;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.error.ConfigException;

/**
 * The confinement of a guest's QEMU, as decided. QEMU starts as root, opens what it needs, and then drops its rights by
 * itself: it is given no way back to {@code /dev/xen}, which a user with access to these devices would have.
 *
 * @param policy what was asked for
 * @param measures what is done
 * @param missing what cannot be done, with the reason
 * @param user whom QEMU becomes, if {@link ConfinementMeasure#OWN_USER} is done
 * @param drop the arguments by which QEMU drops its rights
 * @param boundingSet changes of the capabilities that QEMU can have until then, in setpriv(1)'s words; none if empty
 */
public record QemuConfinement(
        Confinement policy,
        Set<ConfinementMeasure> measures,
        Map<ConfinementMeasure, String> missing,
        QemuUser user,
        QemuAbilities.Drop drop,
        List<String> boundingSet) {
    /** No measure. */
    public static final QemuConfinement NONE = new QemuConfinement(
            Confinement.OFF, Set.of(), Map.of(), QemuUser.UNNAMED, QemuAbilities.Drop.CHROOT_AND_RUNAS, List.of());

    /** What {@link Confinement#REQUIRED} requires; none of the three is worth much without the others. */
    private static final Set<ConfinementMeasure> CORE = Set.of(XEN_RESTRICTION, OWN_USER, EMPTY_ROOT);

    /** What a QEMU cannot do without that maps the registers of the host's devices. */
    private static final Set<ConfinementMeasure> PASSTHROUGH =
            Set.of(XEN_RESTRICTION, OWN_USER, EMPTY_ROOT, NO_NEW_PRIVILEGES);

    /** To change root directory and user, and to open disk images of other users. */
    private static final List<String> CAPABILITIES = List.of("sys_chroot", "setuid", "setgid", "dac_override");

    private static final String TAP_CAPABILITY = "net_admin";

    /** To act for any user of the guest on the files of a share. A guest makes no device nodes there: no mknod. */
    private static final List<String> SHARE_CAPABILITIES = List.of("chown", "dac_read_search", "fowner", "fsetid");

    /** QEMU's pool has 64 threads; a thread that cannot be made ends QEMU. */
    private static final int MOST_PROCESSES = 512;

    private static final int MOST_FILES = 4096;

    public QemuConfinement {
        measures = Sets.immutableEnumSet(measures);
        missing = ImmutableMap.copyOf(missing);
        boundingSet = List.copyOf(boundingSet);
    }

    /** The measures of a trial start. */
    public static QemuConfinement trial(Set<ConfinementMeasure> measures, QemuAbilities.Drop drop) {
        return new QemuConfinement(
                Confinement.WHERE_POSSIBLE,
                measures,
                Map.of(),
                QemuUser.UNNAMED,
                drop,
                measures.contains(NO_NEW_PRIVILEGES) ? only(CAPABILITIES) : List.of());
    }

    /** @throws ConfigException if the guest cannot be confined as required */
    static QemuConfinement of(
            DomainConfig config,
            List<DiskPlan> disks,
            List<NicPlan> nics,
            List<QemuDevicePlan> others,
            Path program,
            HostInventory host) {
        DeviceModel wanted = config.deviceModel();
        Confinement policy = stricter(wanted.confinement(), host.confinement());
        Optional<QemuUser> named = wanted.user().map(name -> named(name, host));
        if (policy == Confinement.OFF && named.isEmpty()) {
            return new QemuConfinement(
                    NONE.policy, NONE.measures, NONE.missing, NONE.user, NONE.drop, withoutNodes(others));
        }
        QemuAbilities abilities = host.abilities(program);
        Map<ConfinementMeasure, String> missing = missing(config, disks, nics, others, abilities);
        Set<ConfinementMeasure> measures = EnumSet.allOf(ConfinementMeasure.class);
        if (policy == Confinement.OFF) {
            measures.retainAll(Set.of(OWN_USER));
            missing.keySet().retainAll(measures);
        }
        measures.removeAll(missing.keySet());
        QemuConfinement confinement = new QemuConfinement(
                policy,
                measures,
                missing,
                named.orElseGet(() -> ofHost(host)),
                abilities.drop(),
                measures.contains(NO_NEW_PRIVILEGES) && wanted.arguments().isEmpty()
                        ? only(capabilities(nics, others))
                        : withoutNodes(others));
        confinement.requireCore();
        return confinement;
    }

    /** A guest may ask for more than the host's policy, and for less unless that requires it. */
    private static Confinement stricter(Optional<Confinement> guests, Confinement hosts) {
        return hosts == Confinement.REQUIRED ? hosts : guests.orElse(hosts);
    }

    private static QemuUser named(String name, HostInventory host) {
        QemuUser user = host.user(name, QemuUser.Kind.SHARED)
                .orElseThrow(() -> new ConfigException(
                        "device_model_user: there is no user '" + name + "' in this host's /etc/passwd"));
        if (user.uid() == 0) {
            throw new ConfigException("device_model_user: '" + name + "' is root, which confines nothing");
        }
        return user;
    }

    /** libxl's users, if the host has them. */
    private static QemuUser ofHost(HostInventory host) {
        return host.user(QemuUser.RANGE_NAME, QemuUser.Kind.RANGE)
                .or(() -> host.user(QemuUser.SHARED_NAME, QemuUser.Kind.SHARED))
                .orElse(QemuUser.UNNAMED);
    }

    private static List<String> only(List<String> capabilities) {
        return Stream.concat(Stream.of("-all"), capabilities.stream().map("+"::concat))
                .toList();
    }

    /** A guest could open domain 0's disks through device nodes that it makes on a share. */
    private static List<String> withoutNodes(List<QemuDevicePlan> others) {
        return hasShare(others) ? List.of("-mknod") : List.of();
    }

    private static boolean hasShare(List<QemuDevicePlan> others) {
        return others.stream().anyMatch(device -> device.kind().equals(PvDevice.SHARE));
    }

    private static List<String> capabilities(List<NicPlan> nics, List<QemuDevicePlan> others) {
        List<String> capabilities = new ArrayList<>(CAPABILITIES);
        if (nics.stream().anyMatch(NicPlan::isEmulated)) {
            capabilities.add(TAP_CAPABILITY);
        }
        if (hasShare(others)) {
            capabilities.addAll(SHARE_CAPABILITIES);
        }
        return capabilities;
    }

    private static Map<ConfinementMeasure, String> missing(
            DomainConfig config,
            List<DiskPlan> disks,
            List<NicPlan> nics,
            List<QemuDevicePlan> others,
            QemuAbilities abilities) {
        Map<ConfinementMeasure, String> missing = new EnumMap<>(ConfinementMeasure.class);
        servedByQemu(config, disks)
                .ifPresent(disk -> CORE.forEach(measure -> missing.put(
                        measure,
                        "QEMU serves disk " + disk.disk().vdev() + " ("
                                + disk.disk().format().word() + ") through xenstore and opens its image late")));
        others.stream()
                .findFirst()
                .ifPresent(device -> CORE.forEach(measure -> missing.put(
                        measure, "QEMU serves a paravirtual " + PvDevice.noun(device.kind()) + " through xenstore")));
        if (GuestScreen.of(config).flatMap(GraphicsConfig::sdl).isPresent()) {
            CORE.forEach(measure -> missing.put(measure, "QEMU's window needs an X server of the host"));
        }
        if (config.type() == DomainType.HVM && config.mayHavePciDevices()) {
            PASSTHROUGH.forEach(measure -> missing.put(
                    measure, "QEMU maps the registers and interrupts of the PCI devices that are passed through"));
        }
        onNetwork(config, nics).ifPresent(user -> missing.put(NO_NETWORK, user));
        EnumSet.complementOf(EnumSet.copyOf(Sets.union(abilities.measures(), missing.keySet())))
                .forEach(measure -> missing.put(measure, "a trial start of this QEMU failed with it"));
        if (missing.containsKey(OWN_USER) || missing.containsKey(EMPTY_ROOT)) {
            missing.putIfAbsent(XEN_RESTRICTION, "it is worth nothing while QEMU can open /dev/xen");
        }
        return missing;
    }

    /** The paravirtual twin of an HVM guest's CD-ROM drive serves nobody. */
    private static Optional<DiskPlan> servedByQemu(DomainConfig config, List<DiskPlan> disks) {
        return disks.stream()
                .filter(disk -> disk.backend() == DiskBackend.QEMU)
                .filter(disk -> config.hvm().isEmpty() || !disk.isEmulatedDrive())
                .findFirst();
    }

    private static Optional<String> onNetwork(DomainConfig config, List<NicPlan> nics) {
        if (nics.stream().anyMatch(NicPlan::isEmulated)) {
            return Optional.of("the guest has an emulated network card");
        }
        Optional<HvmConfig> machine = config.hvm();
        if (GuestScreen.of(config)
                .flatMap(GraphicsConfig::vnc)
                .filter(vnc -> vnc.socket().isEmpty())
                .isPresent()) {
            return Optional.of("VNC listens on a TCP port");
        }
        if (machine.flatMap(hvm -> hvm.graphics().spice()).isPresent()) {
            return Optional.of("Spice listens on a TCP port");
        }
        if (!config.deviceModel().arguments().isEmpty()) {
            return Optional.of("device_model_args may need it");
        }
        return machine.filter(hvm -> !Set.of("pty", "none", "null").containsAll(hvm.serial()))
                .map(hvm -> "a serial port may need it");
    }

    private void requireCore() {
        if (policy == Confinement.REQUIRED && !measures.containsAll(CORE)) {
            throw new ConfigException("QEMU cannot be confined, which "
                    + "dm_restrict or the host's policy requires: "
                    + missing.entrySet().stream()
                            .filter(entry -> CORE.contains(entry.getKey()))
                            .map(entry -> entry.getKey().words() + ": " + entry.getValue())
                            .findFirst()
                            .orElse(""));
        }
    }

    public boolean has(ConfinementMeasure measure) {
        return measures.contains(measure);
    }

    /** {@return the same without Xen's restriction, with which this QEMU ended before it was ready} */
    public QemuConfinement withoutXenRestriction() {
        Map<ConfinementMeasure, String> reasons = new LinkedHashMap<>(missing);
        reasons.put(XEN_RESTRICTION, "this QEMU does not start with it");
        return new QemuConfinement(
                policy, Sets.difference(measures, Set.of(XEN_RESTRICTION)), reasons, user, drop, boundingSet);
    }

    /** The programs that become QEMU one after the other: each changes something and executes the next. */
    public List<String> launcher() {
        List<String> words = new ArrayList<>();
        if (has(NAMESPACES)) {
            words.addAll(List.of("unshare", "--mount", "--ipc"));
            if (has(NO_NETWORK)) {
                words.add("--net");
            }
            words.add("--");
        }
        if (has(LIMITS)) {
            words.addAll(List.of("prlimit", "--core=0", "--memlock=0", "--nofile=" + MOST_FILES));
            if (has(OWN_USER) && user.kind() != QemuUser.Kind.SHARED) {
                words.add("--nproc=" + MOST_PROCESSES);
            }
            words.add("--");
        }
        List<String> privileges = new ArrayList<>();
        if (has(NO_NEW_PRIVILEGES)) {
            privileges.add("--no-new-privs");
        }
        if (!boundingSet.isEmpty()) {
            privileges.add("--bounding-set=" + String.join(",", boundingSet));
        }
        if (!privileges.isEmpty()) {
            words.add("setpriv");
            words.addAll(privileges);
            words.add("--");
        }
        return words;
    }

    /** Arguments of QEMU. */
    public List<String> arguments(int domid, Path root) {
        List<String> words = new ArrayList<>();
        if (has(XEN_RESTRICTION)) {
            words.add("-xen-domid-restrict");
        }
        String owner = user.uid(domid) + ":" + user.gid(domid);
        if (drop == QemuAbilities.Drop.CHROOT_AND_RUNAS) {
            if (has(EMPTY_ROOT)) {
                words.addAll(List.of("-chroot", root.toString()));
            }
            if (has(OWN_USER)) {
                words.addAll(List.of("-runas", owner));
            }
        } else if (has(EMPTY_ROOT) || has(OWN_USER)) {
            List<String> options = new ArrayList<>();
            if (has(EMPTY_ROOT)) {
                options.add("chroot=" + QemuCommandLine.escaped(root.toString()));
            }
            if (has(OWN_USER)) {
                options.add("user=" + owner);
            }
            words.addAll(List.of("-run-with", String.join(",", options)));
        }
        return words;
    }

    /** {@return the measures as a person reads them} */
    public String words() {
        return measures.isEmpty()
                ? "not confined"
                : measures.stream().map(ConfinementMeasure::words).collect(Collectors.joining(", "));
    }
}
