// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.memory.DomainMemory;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The balloon driver of dom0's kernel, and the memory that dom0's programs use. The target is absolute, as in every Linux
 * of a control domain. The driver moves at once as far as it can: it never gives a page in use, and tries again each
 * second and whenever the use changes.
 */
final class Dom0Balloon implements ControlDomain {
    private static final String TARGET = "/local/domain/0/memory/target";
    private static final long KIB_PER_PAGE = 4;
    private static final long BYTES_PER_PAGE = 4096;
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Machine machine;
    private final StoreConnection store;
    private long usedPages;
    private boolean waiting;
    private boolean locked;

    Dom0Balloon(Machine machine, StoreConnection store) {
        this.machine = machine;
        this.store = store;
    }

    void start() {
        store.watch(TARGET, "dom0-balloon", event -> move());
    }

    /** Sets the memory that dom0's programs use. */
    void use(long pages) {
        usedPages = pages;
        move();
    }

    private void move() {
        OptionalLong target = target();
        if (target.isEmpty()) {
            return;
        }
        DomainMemory memory = machine.require(0).memory();
        long goal = Math.max(target.getAsLong(), usedPages);
        if (memory.totalPages() > goal) {
            memory.giveUnreachable(memory.totalPages() - goal);
        }
        boolean grows = true;
        while (memory.totalPages() < goal && grows) {
            grows = memory.increaseReservation(0);
        }
        if (memory.totalPages() != target.getAsLong() && !waiting) {
            waiting = true;
            machine.time().after(RETRY, () -> {
                waiting = false;
                move();
            });
        }
    }

    private OptionalLong target() {
        return read().filter(text -> text.matches("[0-9]{1,15}"))
                .map(text -> OptionalLong.of(Long.parseLong(text) / KIB_PER_PAGE))
                .orElse(OptionalLong.empty());
    }

    private Optional<String> read() {
        try {
            return Optional.of(new String(store.read(XenStore.NO_TRANSACTION, TARGET), StandardCharsets.UTF_8));
        } catch (XenLibException missing) {
            return Optional.empty();
        }
    }

    @Override
    public long availableBytes() {
        return inMachine(() -> Math.max(0, machine.require(0).memory().totalPages() - usedPages) * BYTES_PER_PAGE);
    }

    @Override
    public List<String> pciDevices() {
        return inMachine(() -> machine.pci().cards().keySet().stream()
                .map(PciAddress::toString)
                .toList());
    }

    /** Back ends count nothing. */
    @Override
    public long counter(String path) {
        return 0;
    }

    @Override
    public Optional<XlLock> tryLock() {
        return inMachine(() -> {
            boolean free = !locked;
            locked = true;
            return free ? Optional.of(this::unlock) : Optional.empty();
        });
    }

    private void unlock() {
        inMachine(() -> locked = false);
    }

    private <T> T inMachine(Supplier<T> action) {
        machine.lock().lock();
        try {
            return action.get();
        } finally {
            machine.lock().unlock();
        }
    }
}
