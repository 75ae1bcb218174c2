// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.GuestNames;
import org.xenjava.toolstack.store.StoreTransaction;

/**
 * The nodes of a new domain in xenstore: those that libxl 4.17 writes for every guest, with its permissions (seen in
 * dumps of domains that xl built), and ours below {@code /libxl/N/xenjava}. A node that has nothing but children is made
 * by the first of them, with the permissions of its parent; xenconsoled writes the console's {@code tty}.
 */
final class XenstoreTree {
    /** The limit of unread bytes in xenconsoled's buffer for one guest. */
    private static final int CONSOLE_LIMIT_BYTES = 1_048_576;

    private final int domid;
    private final UUID uuid;
    private final DomainConfig config;
    private final MemoryPlan memory;
    private final GuestPorts ports;
    private final Instant startTime;
    private final DomainPaths paths;
    private final StorePermissions permissions;

    XenstoreTree(int domid, UUID uuid, DomainConfig config, MemoryPlan memory, GuestPorts ports, Instant startTime) {
        this.domid = domid;
        this.uuid = uuid;
        this.config = config;
        this.memory = memory;
        this.ports = ports;
        this.startTime = startTime;
        this.paths = new DomainPaths(domid);
        this.permissions = new StorePermissions(domid);
    }

    /**
     * Writes it all, unless nodes of another domain have the name: checked in the same transaction, so that of two builds
     * with one name only one succeeds.
     *
     * @param names knows the names of other domains
     * @param guests UUIDs of the domains that Xen had when the build began
     * @param gone domains whose nodes do not count, as Xen has no such domain
     * @return the domain whose nodes have the name; empty if the tree is written
     */
    Optional<Integer> write(
            StoreTransaction transaction, GuestNames names, Map<Integer, UUID> guests, Set<Integer> gone) {
        List<Integer> domains = domains(transaction);
        List<Integer> others = domains.stream()
                .filter(other -> other != domid && !gone.contains(other))
                .toList();
        Optional<Integer> namesake =
                names.find(transaction, config.name(), others, guests).stream().findFirst();
        if (namesake.isEmpty()) {
            if (domains.contains(domid)) {
                // Left of an earlier domain with this number, and not for this one to read.
                transaction.remove(paths.root());
                transaction.remove(paths.libxl());
            }
            write(transaction);
        }
        return namesake;
    }

    private static List<Integer> domains(StoreTransaction transaction) {
        return transaction.list(DomainPaths.DOMAINS).stream()
                .map(DomainPaths::named)
                .flatMap(Optional::stream)
                .map(DomainPaths::domid)
                .toList();
    }

    private void write(StoreTransaction transaction) {
        writeGuestControlled(transaction);
        writeIdentity(transaction);
        writeMemory(transaction);
        StoredConfig.writeInPrivate(transaction, paths.storedConfig(), config);
        writeStoreAndCpus(transaction);
        writeConsole(transaction);
    }

    private void writeIdentity(StoreTransaction transaction) {
        String vm = DomainPaths.vm(uuid);
        writeFirst(transaction, vm, "start_time", startTime());
        transaction.write(paths.libxlType(), config.type().word());
        // libxl writes this node for every domain, with or without a device model.
        transaction.write(paths.libxl() + "/dm-version", "qemu_xen");
        transaction.write(paths.of("vm"), vm);
        transaction.write(paths.name(), config.name());
        transaction.write(paths.of("domid"), Integer.toString(domid));
        transaction.write(vm + "/name", config.name());
        transaction.write(vm + "/uuid", uuid.toString());
    }

    /**
     * A new node has its parent's permissions, so the guest's own nodes are written while their parents are the guest's;
     * nobody sees that before the commit.
     */
    private void writeGuestControlled(StoreTransaction transaction) {
        transaction.write(paths.root(), "", permissions.guestOwns());
        if (config.options().contains(GuestOption.DRIVER_DOMAIN)) {
            // For libxl and QEMU inside the guest.
            transaction.write(paths.of("libxl"), "");
            transaction.write(paths.of("device-model"), "");
        }
        for (String node : List.of(
                "control/shutdown",
                "control/feature-poweroff",
                "control/feature-reboot",
                "control/feature-suspend",
                "control/sysrq",
                "data",
                "drivers",
                "feature",
                "attr",
                "error")) {
            transaction.write(paths.of(node), "");
        }
        transaction.setPermissions(paths.of("control"), permissions.guestReads());
        transaction.setPermissions(paths.root(), permissions.guestReads());
        if (config.options().contains(GuestOption.XEND_SUSPEND_EVTCHN_COMPAT)) {
            transaction.write(paths.of("device"), "", permissions.guestOwns());
        } else {
            transaction.write(paths.of("device/suspend/event-channel"), "", permissions.guestOwns());
        }
        transaction.write(paths.of("control/platform-feature-multiprocessor-suspend"), "1");
        transaction.write(paths.of("control/platform-feature-xs_reset_watches"), "1");
    }

    private void writeMemory(StoreTransaction transaction) {
        transaction.write(
                paths.memoryStaticMax(), Long.toString(config.maxMemory().value()));
        transaction.write(
                paths.memoryTarget(), Long.toString(memory.bootTarget().value()));
        transaction.write(
                paths.memoryVideoRam(), Long.toString(memory.shape().videoRam().value()));
        transaction.write(
                paths.podBackedKib(), Long.toString(memory.shape().memory().value()));
    }

    private void writeStoreAndCpus(StoreTransaction transaction) {
        transaction.write(paths.of("store/port"), Integer.toString(ports.store().port()));
        transaction.write(
                paths.of("store/ring-ref"), Long.toString(ports.store().frame()));
        for (int cpu = 0; cpu < config.maxVcpus(); cpu++) {
            transaction.write(paths.vcpuAvailability(cpu), cpu < config.vcpus() ? "online" : "offline");
        }
    }

    private void writeConsole(StoreTransaction transaction) {
        String front = paths.console();
        String back = paths.consoleBackend();
        transaction.write(front + "/backend", back);
        transaction.write(
                front + "/backend-id", Integer.toString(ports.console().domid()));
        transaction.write(front + "/limit", Integer.toString(CONSOLE_LIMIT_BYTES));
        transaction.write(front + "/type", "xenconsoled");
        transaction.write(front + "/output", "pty");
        transaction.write(front + "/port", Integer.toString(ports.console().port()));
        transaction.write(front + "/ring-ref", Long.toString(ports.console().frame()));

        writeFirst(transaction, back, "online", "1");
        String copy = paths.libxl() + "/device/console/0";
        transaction.write(copy + "/backend", back);
        transaction.write(copy + "/online", "1");
        for (String directory : List.of(back, copy)) {
            transaction.write(directory + "/frontend", front);
            transaction.write(directory + "/frontend-id", Integer.toString(domid));
            transaction.write(directory + "/state", "1");
            transaction.write(directory + "/protocol", "vt100");
        }
    }

    /** Makes a directory that the guest may read, but for its first node, which no guest reads. */
    private void writeFirst(StoreTransaction transaction, String directory, String name, String value) {
        transaction.write(directory + "/" + name, value);
        transaction.setPermissions(directory, permissions.guestReads());
    }

    /** In seconds, with two digits after the point. A formatter would take longer than all other nodes. */
    private String startTime() {
        long hundredths = startTime.getNano() / 10_000_000;
        return startTime.getEpochSecond() + (hundredths < 10 ? ".0" : ".") + hundredths;
    }
}
