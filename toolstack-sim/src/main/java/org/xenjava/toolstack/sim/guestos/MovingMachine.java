// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.xenjava.toolstack.sim.guest.GuestIdentity;

/**
 * The domain in which the software of a guest runs at present. When a suspended guest is restored in another domain,
 * its watches are registered there again and its timers continue there, as the drivers of a real guest do it.
 */
final class MovingMachine implements GuestMachine {
    private final List<Consumer<GuestMachine>> registrations = new ArrayList<>();
    private final Set<Timer> timers = Collections.synchronizedSet(new LinkedHashSet<>());
    private volatile GuestMachine present;

    MovingMachine(GuestMachine first) {
        present = first;
    }

    /** An action that has not run yet. */
    private final class Timer implements Runnable {
        private final Runnable action;

        private Timer(Runnable action) {
            this.action = action;
        }

        @Override
        public void run() {
            if (timers.remove(this)) {
                action.run();
            }
        }
    }

    /** Continues in another domain. */
    void moveTo(GuestMachine next) {
        present = next;
        // What a watch finds at once may make the guest set a further one.
        List.copyOf(registrations).forEach(registration -> registration.accept(next));
        List.of(timers.toArray(Timer[]::new)).forEach(timer -> next.after(Duration.ZERO, timer));
    }

    private void register(Consumer<GuestMachine> registration) {
        registrations.add(registration);
        registration.accept(present);
    }

    @Override
    public void after(Duration delay, Runnable action) {
        Timer timer = new Timer(action);
        timers.add(timer);
        present.after(delay, timer);
    }

    @Override
    public void watch(String path, Runnable changed) {
        register(machine -> machine.watch(path, changed));
    }

    @Override
    public void watchAtOnce(String path, Runnable changed) {
        register(machine -> machine.watchAtOnce(path, changed));
    }

    @Override
    public void betweenRequests(Runnable action) {
        register(machine -> machine.betweenRequests(action));
    }

    @Override
    public void receiveEvents() {
        register(GuestMachine::receiveEvents);
    }

    @Override
    public void mapSharedInfo(long gfn) {
        register(machine -> machine.mapSharedInfo(gfn));
    }

    @Override
    public GuestIdentity identity() {
        return present.identity();
    }

    @Override
    public List<GfnRange> memoryMap() {
        return present.memoryMap();
    }

    @Override
    public Duration slowed(Duration work) {
        return present.slowed(work);
    }

    @Override
    public void fill(GfnRange pages) {
        present.fill(pages);
    }

    @Override
    public void clear(GfnRange pages) {
        present.clear(pages);
    }

    @Override
    public void writeNumber(long gfn, long number) {
        present.writeNumber(gfn, number);
    }

    @Override
    public long readNumber(long gfn) {
        return present.readNumber(gfn);
    }

    @Override
    public long decreaseReservation(List<Long> gfns) {
        return present.decreaseReservation(gfns);
    }

    @Override
    public long populatePhysmap(List<Long> gfns) {
        return present.populatePhysmap(gfns);
    }

    @Override
    public long absentPages() {
        return present.absentPages();
    }

    @Override
    public long currentReservation() {
        return present.currentReservation();
    }

    @Override
    public void movePage(long from, long to) {
        present.movePage(from, to);
    }

    @Override
    public Optional<String> read(String path) {
        return present.read(path);
    }

    @Override
    public List<String> list(String path) {
        return present.list(path);
    }

    @Override
    public void write(String path, String value) {
        present.write(path, value);
    }

    @Override
    public void remove(String path) {
        present.remove(path);
    }

    @Override
    public int vcpus() {
        return present.vcpus();
    }

    @Override
    public boolean isPlugged(int vcpu) {
        return present.isPlugged(vcpu);
    }

    @Override
    public void startVcpu(int vcpu) {
        present.startVcpu(vcpu);
    }

    @Override
    public void stopVcpu(int vcpu) {
        present.stopVcpu(vcpu);
    }

    @Override
    public void shutDown(int reason) {
        present.shutDown(reason);
    }
}
