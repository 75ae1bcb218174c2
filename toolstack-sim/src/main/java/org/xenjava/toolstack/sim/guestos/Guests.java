// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import org.xenjava.toolstack.sim.guest.GuestFactory;
import org.xenjava.toolstack.sim.guest.GuestHandle;
import org.xenjava.toolstack.sim.machine.DomainListener;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.abi.HvmSaveRecord;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;

/** The guests of a machine: one starts when its domain runs for the first time and ends when it is destroyed. */
public final class Guests implements DomainListener {
    private static final int SUSPEND = 2;

    private final Machine machine;
    private final XenStored store;
    private final GuestFactory factory;
    private final Map<Integer, GuestDomain> guests = new HashMap<>();
    private final SuspendedGuests suspended;

    /**
     * @param machine the machine
     * @param store the xenstored that guests talk to
     * @param factory chooses what runs in each domain
     * @param suspended guests that continue in another domain, also of another machine
     */
    public Guests(Machine machine, XenStored store, GuestFactory factory, SuspendedGuests suspended) {
        this.machine = machine;
        this.store = store;
        this.factory = factory;
        this.suspended = suspended;
    }

    /** The guest in a domain; empty until the domain has run and after it was destroyed. */
    public Optional<GuestHandle> find(int domid) {
        return Optional.ofNullable(guests.get(domid)).map(Handle::new);
    }

    @Override
    public void runs(XenDomain domain) {
        guests.computeIfAbsent(domain.domid(), domid -> start(domain)).resume();
    }

    private GuestDomain start(XenDomain domain) {
        GuestDomain guest = new GuestDomain(machine, store, domain);
        instructionPointer(domain)
                .flatMap(suspended::find)
                .ifPresentOrElse(
                        saved -> guest.restore(saved.software(), saved.ballooned()), () -> guest.boot(factory));
        return guest;
    }

    /** Keeps the software of a guest that has suspended, and lets the state of its first vCPU name it. */
    @Override
    public void hasShutDown(XenDomain domain) {
        if (domain.shutdownReason().equals(OptionalInt.of(SUSPEND))) {
            Optional.ofNullable(guests.get(domain.domid()))
                    .flatMap(GuestDomain::software)
                    .ifPresent(software -> {
                        long pointer =
                                suspended.add(new SuspendedGuests.Suspended(software, software.balloonedPages()));
                        setInstructionPointer(domain, pointer);
                        Optional.ofNullable(guests.get(domain.domid())).ifPresent(guest -> guest.suspend(pointer));
                    });
        }
    }

    private Optional<Long> instructionPointer(XenDomain domain) {
        return firstCpu(domain).map(cpu -> cpu.get("rip")).or(() -> pvInstructionPointer(domain));
    }

    private Optional<Long> pvInstructionPointer(XenDomain domain) {
        StructLayout layout = machine.abi().struct("vcpu_guest_context");
        return domain.vcpuRegisters(0)
                .filter(context -> domain.isPvGuest())
                .map(context -> layout.at(ByteBuffer.wrap(context), 0).getBytes("user_regs"))
                .map(registers -> machine.abi()
                        .struct("cpu_user_regs")
                        .at(ByteBuffer.wrap(registers), 0)
                        .get("rip"));
    }

    private void setInstructionPointer(XenDomain domain, long pointer) {
        firstCpu(domain)
                .ifPresent(cpu -> domain.setSaveRecord(
                        HvmSaveRecord.CPU.typecode(), 0, cpu.set("rip", pointer).toBytes()));
    }

    /** The save record of the first vCPU that was loaded into the domain. */
    private Optional<StructView> firstCpu(XenDomain domain) {
        return domain.saveRecord(HvmSaveRecord.CPU.typecode(), 0)
                .map(content -> machine.abi().struct("hvm_hw_cpu").at(ByteBuffer.wrap(content.clone()), 0));
    }

    @Override
    public void powerButtonPressed(XenDomain domain) {
        Optional.ofNullable(guests.get(domain.domid())).ifPresent(GuestDomain::pressPowerButton);
    }

    @Override
    public void vcpuPlugged(XenDomain domain) {
        Optional.ofNullable(guests.get(domain.domid())).ifPresent(GuestDomain::announceVcpu);
    }

    @Override
    public void wasDestroyed(XenDomain domain) {
        Optional.ofNullable(guests.remove(domain.domid())).ifPresent(GuestDomain::end);
    }

    @Override
    public void hostStops() {
        guests.values().forEach(GuestDomain::end);
        guests.clear();
    }

    /** Drives one guest under the machine's lock. */
    private final class Handle implements GuestHandle {
        private final GuestDomain guest;

        private Handle(GuestDomain guest) {
            this.guest = guest;
        }

        @Override
        public void load() {
            loadExcept(0);
        }

        @Override
        public void loadExcept(long pages) {
            act(running -> running.load(pages));
        }

        @Override
        public void clear(long pages) {
            act(running -> running.clear(pages));
        }

        @Override
        public void writeSteadily(int pages, Duration period) {
            act(running -> running.writeSteadily(pages, period));
        }

        @Override
        public List<Long> lostWrites() {
            return ask(RunningGuest::lostWrites);
        }

        @Override
        public void shutDown(int reason) {
            act(running -> guest.shutDown(reason));
        }

        @Override
        public long balloonedPages() {
            return ask(RunningGuest::balloonedPages);
        }

        @Override
        public boolean saysBalloonIsDone() {
            return ask(RunningGuest::saysBalloonIsDone);
        }

        private void act(Consumer<RunningGuest> action) {
            machine.lock().lock();
            try {
                guest.act(action);
            } finally {
                machine.lock().unlock();
            }
        }

        private <T> T ask(Function<RunningGuest, T> question) {
            machine.lock().lock();
            try {
                return question.apply(guest.running());
            } finally {
                machine.lock().unlock();
            }
        }
    }
}
