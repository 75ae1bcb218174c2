// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;

/**
 * The nodes of a new domain in xenstore: those that libxl 4.17 writes for every guest, with its permissions (seen in
 * dumps of domains that xl built), and ours below {@code /libxl/N/xenjava}.
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
     * @param gone domains whose nodes do not count, as Xen has no such domain
     * @return the domain whose nodes have the name; empty if the tree is written
     */
    Optional<Integer> write(StoreTransaction transaction, Set<Integer> gone) {
        List<Integer> others = domains(transaction);
        Optional<Integer> namesake = others.stream()
                .filter(other -> other != domid && !gone.contains(other))
                .filter(other -> transaction.read(new DomainPaths(other).name()).equals(Optional.of(config.name())))
                .findFirst();
        if (namesake.isEmpty()) {
            if (others.contains(domid)) {
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
        writeIdentity(transaction);
        writeGuestControlled(transaction);
        writeMemory(transaction);
        StoredConfig.write(transaction, paths.storedConfig(), config);
        writeStoreAndCpus(transaction);
        writeConsole(transaction);
    }

    private void writeIdentity(StoreTransaction transaction) {
        String vm = DomainPaths.vm(uuid);
        transaction.write(paths.root(), "", permissions.guestReads());
        transaction.write(vm, "", permissions.guestReads());
        transaction.write(paths.libxl(), "", permissions.toolstackOnly());
        transaction.write(paths.libxl() + "/device", "", permissions.toolstackOnly());
        transaction.write(paths.libxlType(), config.type().word());
        // libxl writes this node for every domain, with or without a device model.
        transaction.write(paths.libxl() + "/dm-version", "qemu_xen");
        transaction.write(paths.of("vm"), vm);
        transaction.write(paths.name(), config.name());
        transaction.write(paths.of("domid"), Integer.toString(domid));
        transaction.write(vm + "/name", config.name());
        transaction.write(vm + "/uuid", uuid.toString());
        transaction.write(
                vm + "/start_time", "%d.%02d".formatted(startTime.getEpochSecond(), startTime.getNano() / 10_000_000));
    }

    private void writeGuestControlled(StoreTransaction transaction) {
        for (String directory : List.of("cpu", "memory", "control")) {
            transaction.write(paths.of(directory), "", permissions.guestReads());
        }
        if (config.options().contains(GuestOption.XEND_SUSPEND_EVTCHN_COMPAT)) {
            transaction.write(paths.of("device"), "", permissions.guestOwns());
        } else {
            transaction.write(paths.of("device"), "", permissions.guestReads());
            transaction.write(paths.of("device/suspend/event-channel"), "", permissions.guestOwns());
        }
        if (config.options().contains(GuestOption.DRIVER_DOMAIN)) {
            // For libxl and QEMU inside the guest.
            transaction.write(paths.of("libxl"), "", permissions.guestOwns());
            transaction.write(paths.of("device-model"), "", permissions.guestOwns());
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
            transaction.write(paths.of(node), "", permissions.guestOwns());
        }
        transaction.write(paths.of("control/platform-feature-multiprocessor-suspend"), "1");
        transaction.write(paths.of("control/platform-feature-xs_reset_watches"), "1");
    }

    private void writeMemory(StoreTransaction transaction) {
        transaction.write(
                paths.memoryStaticMax(),
                Long.toString(memory.shape().maxMemory().value()));
        transaction.write(
                paths.memoryTarget(), Long.toString(memory.bootTarget().value()));
        transaction.write(
                paths.memoryVideoRam(), Long.toString(memory.shape().videoRam().value()));
        transaction.write(
                paths.podBackedKib(), Long.toString(memory.shape().memory().value()));
    }

    private void writeStoreAndCpus(StoreTransaction transaction) {
        transaction.write(paths.of("store/port"), Integer.toString(ports.store()));
        transaction.write(paths.of("store/ring-ref"), Long.toString(SpecialPage.STORE.gfn()));
        for (int cpu = 0; cpu < config.maxVcpus(); cpu++) {
            transaction.write(paths.of("cpu/" + cpu + "/availability"), cpu < config.vcpus() ? "online" : "offline");
        }
    }

    private void writeConsole(StoreTransaction transaction) {
        String front = paths.console();
        String back = paths.consoleBackend();
        int backendDomid = ports.consoleDomid();
        transaction.write(front, "", permissions.guestReads());
        transaction.write(front + "/backend", back);
        transaction.write(
                front + "/backend-id", Integer.toString(backendDomid), permissions.guestOwnsReadBy(backendDomid));
        transaction.write(front + "/limit", Integer.toString(CONSOLE_LIMIT_BYTES));
        transaction.write(front + "/type", "xenconsoled");
        transaction.write(front + "/output", "pty");
        transaction.write(front + "/tty", "");
        transaction.write(front + "/port", Integer.toString(ports.console()));
        transaction.write(front + "/ring-ref", Long.toString(SpecialPage.CONSOLE.gfn()));

        transaction.write(back, "", permissions.guestReads());
        String copy = paths.libxl() + "/device/console/0";
        transaction.write(copy, "", permissions.toolstackOnly());
        transaction.write(copy + "/backend", back);
        for (String directory : List.of(back, copy)) {
            transaction.write(directory + "/frontend", front);
            transaction.write(directory + "/frontend-id", Integer.toString(domid));
            transaction.write(directory + "/online", "1");
            transaction.write(directory + "/state", "1");
            transaction.write(directory + "/protocol", "vt100");
        }
    }
}
