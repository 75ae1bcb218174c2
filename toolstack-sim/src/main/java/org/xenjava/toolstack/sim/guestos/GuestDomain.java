// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.xenjava.toolstack.sim.guest.GuestFactory;
import org.xenjava.toolstack.sim.guest.GuestIdentity;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.DomainMemory.Filling;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** The domain of a guest from the guest's view. While the domain is paused, the guest's actions wait. */
final class GuestDomain implements GuestMachine {
    private static final int E820_RAM = 1;
    private static final int SUSPEND = 2;
    private static final int CRASH = 3;
    private static final int PERCENT = 100;

    /** The type in the upper byte, 2 for an interrupt vector, and the vector that Linux chooses. */
    private static final long CALLBACK_BY_VECTOR = 2L << 56 | 0xf3;

    private final Machine machine;
    private final XenDomain domain;
    private final Actor self;
    private final XenStored daemon;
    private final StoreConnection store;
    private final GuestIdentity identity;
    private final List<Runnable> waiting = new ArrayList<>();
    private int watches;
    private final List<Runnable> writers = new ArrayList<>();
    private Optional<RunningGuest> running = Optional.empty();

    /** The machine frames of a PV guest's pages; empty for other guests. */
    private Optional<PvMemory> pvMemory = Optional.empty();

    private boolean suspended;

    /** Unwinds the actions of a guest that has stopped. */
    private static final class GuestStopped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private GuestStopped() {
            super(null, null, false, false);
        }
    }

    GuestDomain(Machine machine, XenStored daemon, XenDomain domain) {
        this.machine = machine;
        this.domain = domain;
        this.self = new Actor(domain.domid());
        this.daemon = daemon;
        this.store = daemon.connectKernel(domain.domid());
        this.identity = new GuestIdentity(domain.domid(), valueOf("name").orElse(""), kind(domain));
    }

    private static GuestIdentity.Kind kind(XenDomain domain) {
        if (domain.isPvGuest()) {
            return GuestIdentity.Kind.PV;
        }
        return domain.emulationFlags() == DomctlOp.EMU_LAPIC ? GuestIdentity.Kind.PVH : GuestIdentity.Kind.HVM;
    }

    void boot(GuestFactory factory) {
        after(Duration.ZERO, () -> {
            if (domain.isPvGuest()) {
                findPvMemory();
            }
            RunningGuest guest = new RunningGuest(factory.guestFor(identity), this);
            running = Optional.of(guest);
            guest.boot();
        });
    }

    private void findPvMemory() {
        long pages = memoryMap().stream().mapToLong(GfnRange::pages).sum();
        pvMemory = PvMemory.found(machine, domain, pages);
        if (pvMemory.isEmpty()) {
            shutDown(CRASH);
        }
    }

    /** Continues with a guest that was suspended in another domain. */
    void restore(RunningGuest guest, long ballooned) {
        after(Duration.ZERO, () -> {
            if (domain.isPvGuest()) {
                pvMemory = PvMemory.resumed(machine, domain);
                if (pvMemory.isEmpty()) {
                    shutDown(CRASH);
                }
            }
            running = Optional.of(guest);
            guest.continueIn(this, ballooned);
        });
    }

    /** The software of the guest, if it has begun to boot. */
    Optional<RunningGuest> software() {
        return running;
    }

    /** Runs the actions that waited while the domain was paused. */
    void resume() {
        if (suspended) {
            suspended = false;
            if (!pvMemory.map(PvMemory::resume).orElse(true)) {
                waiting.clear();
                after(Duration.ZERO, () -> shutDown(CRASH));
                return;
            }
        }
        List<Runnable> due = List.copyOf(waiting);
        waiting.clear();
        due.forEach(action -> after(Duration.ZERO, action));
    }

    /** Lets the registers of the first vCPU of a PV guest that suspends itself name the guest's software. */
    void suspend(long pointer) {
        suspended = true;
        pvMemory.ifPresent(memory -> {
            memory.suspend();
            memory.setRegister("rip", pointer);
        });
    }

    /** Ends the guest of a domain that was destroyed. */
    void end() {
        waiting.clear();
        writers.forEach(daemon::removeWriter);
        store.close();
    }

    /** Lets the guest do something now. */
    void act(Consumer<RunningGuest> action) {
        if (!domain.isRunning()) {
            throw new IllegalStateException("domain " + domain.domid() + " does not run");
        }
        untilItStops(() -> action.accept(running()));
    }

    /** Presses the ACPI power button; a PVH guest has none. */
    void pressPowerButton() {
        if (identity.kind() == GuestIdentity.Kind.HVM) {
            after(Duration.ZERO, () -> running.ifPresent(RunningGuest::powerButtonPressed));
        }
    }

    /** Announces by ACPI that the device model has one more vCPU. */
    void announceVcpu() {
        after(Duration.ZERO, () -> running.ifPresent(RunningGuest::vcpuAnnounced));
    }

    RunningGuest running() {
        return running.orElseThrow(
                () -> new IllegalStateException("domain " + domain.domid() + " has not had time to boot"));
    }

    private void run(Runnable action) {
        if (domain.isRunning()) {
            untilItStops(action);
        } else if (domain.shutdownReason().orElse(SUSPEND) == SUSPEND && !domain.isDead()) {
            waiting.add(action);
        }
    }

    private static void untilItStops(Runnable action) {
        try {
            action.run();
        } catch (GuestStopped stopped) {
            // The guest has stopped; the rest of the action is dropped.
        }
    }

    @Override
    public GuestIdentity identity() {
        return identity;
    }

    @Override
    public List<GfnRange> memoryMap() {
        StructLayout layout = machine.abi().struct("e820entry");
        List<GfnRange> ranges = new ArrayList<>();
        ByteBuffer map = ByteBuffer.wrap(domain.memoryMap());
        for (int at = 0; at < map.capacity(); at += layout.size()) {
            StructView entry = layout.at(map, at);
            if (entry.get("type") == E820_RAM) {
                long first = entry.get("addr") / PhysicalMemory.PAGE_BYTES;
                ranges.add(new GfnRange(first, first + entry.get("size") / PhysicalMemory.PAGE_BYTES));
            }
        }
        return ranges;
    }

    @Override
    public void after(Duration delay, Runnable action) {
        machine.time().after(delay, () -> run(action));
    }

    @Override
    public Duration slowed(Duration work) {
        int cap = domain.scheduling().cap();
        return cap == 0 || cap >= PERCENT ? work : work.multipliedBy(PERCENT).dividedBy(cap);
    }

    @Override
    public void fill(GfnRange pages) {
        overwrite(pages, Filling.SOMETHING);
    }

    @Override
    public void clear(GfnRange pages) {
        overwrite(pages, Filling.ZEROES);
    }

    private void overwrite(GfnRange pages, Filling filling) {
        pvMemory.ifPresentOrElse(
                memory -> {
                    for (long pfn = pages.first(); pfn < pages.end(); pfn++) {
                        memory.frame(pfn).ifPresent(frame -> overwritePv(memory, frame, filling));
                    }
                },
                () -> domain.memory().overwrite(pages.first(), pages.pages(), filling, self));
        stopIfItCannotGoOn();
    }

    /** A kernel does not overwrite its own data. */
    private void overwritePv(PvMemory memory, long frame, Filling filling) {
        if (!memory.isKernels(frame)) {
            domain.memory().overwrite(frame, 1, filling, self);
        }
    }

    /** The number by which Xen addresses a page: its gfn, or the machine frame for a PV guest. */
    private OptionalLong frame(long gfn) {
        return pvMemory.map(memory -> memory.frame(gfn)).orElse(OptionalLong.of(gfn));
    }

    @Override
    public void writeNumber(long gfn, long number) {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
        frame(gfn).ifPresent(frame -> domain.memory().write(frame, bytes, self));
        stopIfItCannotGoOn();
    }

    @Override
    public long readNumber(long gfn) {
        OptionalLong frame = frame(gfn);
        return frame.isEmpty()
                ? 0
                : ByteBuffer.wrap(domain.memory().read(frame.getAsLong(), Long.BYTES, self))
                        .getLong();
    }

    private void stopIfItCannotGoOn() {
        if (!domain.isRunning()) {
            throw new GuestStopped();
        }
    }

    @Override
    public long decreaseReservation(List<Long> gfns) {
        return doUntilRefused(gfns, gfn -> pvMemory.map(memory -> give(memory, gfn))
                .orElseGet(() -> domain.memory().decreaseReservation(gfn, 0)));
    }

    @Override
    public long populatePhysmap(List<Long> gfns) {
        return doUntilRefused(gfns, gfn -> pvMemory.map(memory -> take(memory, gfn))
                .orElseGet(() -> domain.memory().populate(gfn, 0)));
    }

    private boolean give(PvMemory memory, long pfn) {
        OptionalLong frame = memory.frame(pfn);
        boolean given = frame.isPresent() && domain.memory().decreaseReservation(frame.getAsLong(), 0);
        if (given) {
            memory.remove(pfn);
        }
        return given;
    }

    private boolean take(PvMemory memory, long pfn) {
        OptionalLong frame = domain.memory().populateMachineFrames(pfn, 0);
        frame.ifPresent(mfn -> memory.setFrame(pfn, mfn));
        return frame.isPresent();
    }

    @Override
    public long absentPages() {
        return pvMemory.map(PvMemory::absentPages).orElse(0L);
    }

    private static long doUntilRefused(List<Long> gfns, LongPredicate extent) {
        int done = 0;
        while (done < gfns.size() && extent.test(gfns.get(done))) {
            done++;
        }
        return done;
    }

    @Override
    public long currentReservation() {
        return domain.memory().totalPages();
    }

    @Override
    public void movePage(long from, long to) {
        refusable(() -> domain.memory().move(from, to, self));
    }

    @Override
    public void mapSharedInfo(long gfn) {
        // A PV guest has no table of gfns in which a page could be replaced.
        if (pvMemory.isEmpty()) {
            refusable(() -> domain.memory().putSpecial(gfn, domain.sharedInfoFrame(), self));
        }
    }

    private void refusable(Runnable hypercall) {
        try {
            hypercall.run();
        } catch (XenRefusal refusal) {
            stopIfItCannotGoOn();
        }
    }

    @Override
    public Optional<String> read(String path) {
        return daemon.isIntroduced(domain.domid()) ? valueOf(path) : Optional.empty();
    }

    private Optional<String> valueOf(String path) {
        try {
            return Optional.of(new String(store.read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8));
        } catch (XenLibException missing) {
            return Optional.empty();
        }
    }

    @Override
    public void write(String path, String value) {
        try {
            store.write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
        } catch (XenLibException refused) {
            // A guest without permission goes on without the node.
        }
    }

    @Override
    public void remove(String path) {
        try {
            store.rm(XenStore.NO_TRANSACTION, path);
        } catch (XenLibException refused) {
            // A guest without permission goes on with the node.
        }
    }

    @Override
    public void watch(String path, Runnable changed) {
        store.watch(path, "guest-" + ++watches, event -> after(Duration.ZERO, changed));
    }

    @Override
    public List<String> list(String path) {
        try {
            return store.directory(XenStore.NO_TRANSACTION, path);
        } catch (XenLibException missing) {
            return List.of();
        }
    }

    @Override
    public void watchAtOnce(String path, Runnable changed) {
        store.watch(path, "guest-" + ++watches, event -> run(changed));
    }

    @Override
    public void betweenRequests(Runnable action) {
        Runnable writer = () -> {
            if (domain.isRunning()) {
                action.run();
            }
        };
        writers.add(writer);
        daemon.addWriter(writer);
    }

    @Override
    public void receiveEvents() {
        if (domain.isHvm()) {
            domain.params().set(HvmParam.CALLBACK_IRQ.index(), CALLBACK_BY_VECTOR);
        }
    }

    @Override
    public int vcpus() {
        return domain.vcpus();
    }

    @Override
    public boolean isPlugged(int vcpu) {
        return domain.pluggedVcpus().get(vcpu);
    }

    @Override
    public void startVcpu(int vcpu) {
        if (domain.isPvGuest() && domain.vcpuRegisters(vcpu).isEmpty()) {
            // The kernel gives each vCPU its page tables (VCPUOP_initialise).
            domain.vcpuRegisters(0).ifPresent(registers -> domain.setVcpuRegisters(vcpu, registers));
        }
        domain.onlineVcpus().set(vcpu);
    }

    @Override
    public void stopVcpu(int vcpu) {
        domain.onlineVcpus().clear(vcpu);
    }

    @Override
    public void shutDown(int reason) {
        machine.shutDown(domain, reason);
        throw new GuestStopped();
    }
}
