// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.create.DomainRemoval;
import org.xenjava.toolstack.create.MemoryResize;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.device.Screenshot;
import org.xenjava.toolstack.device.VncAddress;
import org.xenjava.toolstack.dump.CoreDump;
import org.xenjava.toolstack.dump.DumpListener;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.lifecycle.CurrentConfig;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.pod.MemoryTouchingOperation;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A handle on one domain, bound to its domid and UUID: should the domid be given to another domain, the handle says
 * {@link DomainGoneException} instead of touching it. Safe to use from many threads; every operation may be repeated,
 * and does nothing when there is nothing left to do.
 */
public final class Domain {
    private static final int CONTROL_DOMAIN = 0;
    private static final int MOST_CONSOLE_BYTES = 1 << 20;
    private static final int FIRST_VCPU = 0;

    private final ToolstackContext context;
    private final int domid;
    private final UUID uuid;
    private final DomainPaths paths;

    Domain(ToolstackContext context, int domid, UUID uuid) {
        this.context = context;
        this.domid = domid;
        this.uuid = uuid;
        this.paths = new DomainPaths(domid);
    }

    public int domid() {
        return domid;
    }

    public UUID uuid() {
        return uuid;
    }

    /** Its name in xenstore; empty if it has none (a domain that is being built or destroyed). */
    public String name() {
        return context.store().read(paths.name()).orElse("");
    }

    /**
     * Its state now.
     *
     * @throws DomainGoneException if it is gone
     */
    public DomainStatus status() {
        return DomainStatus.of(info("looking at"), name(), context.store().read(paths.libxlType()));
    }

    /** True until the domain is destroyed; a domain that has shut down still exists. */
    public boolean exists() {
        return find().isPresent();
    }

    /** Stops its vCPUs; nothing happens if they are stopped. */
    public void pause() {
        if (!info("pausing").paused()) {
            XenFailures.translating(
                    attempt("pausing"), () -> context.xenctrl().domains().pause(domid));
        }
    }

    /** Lets its vCPUs run; nothing happens if they do. */
    public void unpause() {
        if (info("unpausing").paused()) {
            XenFailures.translating(
                    attempt("unpausing"), () -> context.xenctrl().domains().unpause(domid));
        }
    }

    /**
     * Asks the guest to stop, over {@code control/shutdown} in xenstore, which its PV drivers watch; returns at once.
     * Nothing happens if it has shut down already.
     *
     * @throws DomainStateException if the guest has set up no PV drivers, as libxl tells it: {@code CALLBACK_IRQ} is 0
     */
    public void requestShutdown(ShutdownRequest request) {
        if (info(request.verb()).shutdown()) {
            return;
        }
        requirePvDrivers(request);
        context.store().direct().write(paths.of("control/shutdown"), request.word());
    }

    private void requirePvDrivers(ShutdownRequest request) {
        if (!hasPvDrivers()) {
            throw failed(new DomainStateException(
                    request.verb() + " " + this + ": the guest has no PV drivers that would listen "
                            + "(none, or it is still booting); wait, or destroy it"));
        }
    }

    /** Whether the guest has set up PV drivers, which listen to what it is asked for over xenstore. */
    public boolean hasPvDrivers() {
        info("looking for PV drivers of");
        Attempt attempt = attempt("looking for PV drivers of");
        return XenFailures.translating(attempt, () -> context.xenctrl().hvm().param(domid, HvmParam.CALLBACK_IRQ)) != 0;
    }

    /**
     * Presses the power button of its machine: an operating system with ACPI shuts down, PV drivers or not.
     *
     * @throws DomainStateException if it is no HVM guest: the machines of others have no such button
     */
    public void pressPowerButton() {
        send(GuestTrigger.POWER);
    }

    /**
     * Sends it what the hardware would; returns at once. An NMI goes to its first vCPU.
     *
     * @throws DomainStateException if its machine has no such button
     * @throws org.xenjava.toolstack.error.XenCallException if Xen cannot send that: on x86, reset and INIT
     */
    public void send(GuestTrigger trigger) {
        info("sending " + trigger.word() + " to");
        Attempt attempt = attempt("sending " + trigger.word() + " to");
        if (trigger.isButton() && status().kind() != DomainStatus.Kind.HVM) {
            throw failed(new DomainStateException(attempt + ": only HVM guests have that button"));
        }
        XenFailures.translating(
                attempt, () -> context.xenctrl().hvm().sendTrigger(domid, trigger.number(), FIRST_VCPU));
    }

    /**
     * Destroys it at once and removes what xenstore holds of it; nothing happens if it is gone.
     *
     * @throws DomainStateException if it is domain 0: Xen would refuse, but only after its part of xenstore is gone
     */
    public void destroy() {
        if (domid == CONTROL_DOMAIN) {
            throw failed(
                    new DomainStateException("destroying " + this + ": it is the host's own and cannot be destroyed"));
        }
        DomainRemoval removal = context.removal();
        boolean exists = exists();
        XenFailures.translating(attempt("destroying"), () -> {
            if (exists) {
                removal.remove(domid, uuid);
            } else {
                removal.removeLeftovers(domid, uuid);
            }
        });
    }

    /**
     * Waits until it has shut down.
     *
     * @param timeout at most so long
     * @return why it stopped
     * @throws OperationTimeoutException if it still runs then
     * @throws DomainGoneException if it is destroyed meanwhile
     */
    public ShutdownReason awaitShutdown(Duration timeout) {
        return context.events()
                .await("@releaseDomain", timeout, () -> {
                    DomainInfo info = info("waiting for the shutdown of");
                    return info.shutdown() ? Optional.of(ShutdownReason.of(info.shutdownReason())) : Optional.empty();
                })
                .orElseThrow(
                        () -> failed(new OperationTimeoutException(this + " has not shut down within " + timeout)));
    }

    /** Waits until it is destroyed; false if it still exists after that time. */
    public boolean awaitGone(Duration timeout) {
        return context.events()
                .await("@releaseDomain", timeout, () -> exists() ? Optional.empty() : Optional.of(domid))
                .isPresent();
    }

    /**
     * The pseudo-terminal of its console, which xenconsoled opens.
     *
     * @param timeout at most so long to wait for xenconsoled
     * @return a path such as {@code /dev/pts/3}
     * @throws OperationTimeoutException if there is none then: is xenconsoled running?
     */
    public String consoleTerminal(Duration timeout) {
        String node = paths.console() + "/tty";
        return context.events()
                .await(node, timeout, () -> {
                    info("looking for the console of");
                    return context.store().read(node).filter(tty -> !tty.isEmpty());
                })
                .orElseThrow(() -> failed(new OperationTimeoutException(
                        this + ": no console terminal within " + timeout + "; is xenconsoled running?")));
    }

    /** The QEMU that serves it now, whoever started it; empty if there is none. */
    public Optional<QemuProcess> deviceModel() {
        return context.deviceModels().process(domid);
    }

    /** Where its screen can be looked at; empty if nobody serves it. */
    public Optional<VncAddress> vnc() {
        return context.store()
                .readLong(paths.vncPort())
                .map(port ->
                        new VncAddress(context.store().read(paths.vncListen()).orElse("127.0.0.1"), port.intValue()));
    }

    /**
     * What its screen shows.
     *
     * @throws DomainStateException if it has no QEMU
     * @throws org.xenjava.toolstack.error.DeviceModelException if it has no screen, or QEMU does not answer
     */
    public Screenshot screenshot() {
        return qemu("has no screen").screenshot();
    }

    /**
     * Puts another medium into a CD-ROM drive, whether or not the guest has locked it ({@code xl cd-insert}).
     *
     * @param drive such as {@code hdc}
     * @param image a raw image or a block device
     * @throws DomainStateException if it has no QEMU
     * @throws org.xenjava.toolstack.error.DeviceModelException if it has no such drive, or the image cannot be opened
     */
    public void insertMedium(VirtualDisk drive, Path image) {
        qemu("has no CD-ROM drive").changeMedium(drive, image);
    }

    /**
     * Takes the medium out of a CD-ROM drive, whether or not the guest has locked it ({@code xl cd-eject}).
     *
     * @throws DomainStateException if it has no QEMU
     * @throws org.xenjava.toolstack.error.DeviceModelException if it has no such drive
     */
    public void ejectMedium(VirtualDisk drive) {
        qemu("has no CD-ROM drive").eject(drive);
    }

    private QemuProcess qemu(String consequence) {
        return deviceModel()
                .orElseThrow(() -> failed(new DomainStateException(this + " " + consequence + ": no QEMU serves it")));
    }

    /**
     * Tells when the QEMU that it needs has ended, but for the domain's own end: the guest's next access to a device
     * will hang. Also for a domain that another process has built, and at once if it has happened already.
     *
     * @return completed, on some other thread, with this domain; never if it has no QEMU
     */
    public CompletableFuture<Domain> deviceModelDeath() {
        CompletableFuture<Domain> death = new CompletableFuture<>();
        if (needsDeviceModel()) {
            deviceModel()
                    .map(QemuProcess::onExit)
                    .orElseGet(() -> CompletableFuture.completedFuture(null))
                    .thenRun(() -> {
                        if (needsDeviceModel() && exists()) {
                            death.complete(this);
                        }
                    });
        }
        return death;
    }

    /** Whoever ends a QEMU on purpose removes its PID first. */
    private boolean needsDeviceModel() {
        return context.store().read(paths.deviceModelPid()).isPresent();
    }

    /**
     * What it would be built from if it were built again now: as it was built, with today's name and sizes, which
     * mem-set and mem-max change. Building from it gives the same guest, so that a reboot changes nothing.
     *
     * @return empty if another toolstack has built it
     * @throws DomainGoneException if it is gone
     */
    public Optional<DomainConfig> config() {
        info("reading the configuration of");
        return CurrentConfig.of(context.store().direct(), paths, context.podPolicy());
    }

    /** Its disks and network cards. */
    public DomainDevices devices() {
        return new DomainDevices(context, this);
    }

    /** Its populate-on-demand counters and what they mean. */
    public PodStatus podStatus() {
        return XenFailures.translating(attempt("reading the PoD counters of"), () -> {
            info("reading the PoD counters of");
            return PodStatus.of(domid, name(), context.xenctrl().memory().podTarget(domid));
        });
    }

    /** What is left on Xen's console of what Xen has said of this domain, or of an earlier one of that number. */
    public List<String> xenMessages() {
        Pattern domain = Pattern.compile("\\b[Dd](om)?" + domid + "(v\\d+)?\\b");
        return XenFailures.translating("reading Xen's console", () -> context.xenctrl()
                .host()
                .readConsole(MOST_CONSOLE_BYTES)
                .lines()
                .filter(line -> domain.matcher(line).find())
                .toList());
    }

    /** What it is, who built it, and what XSA-153 means for it. */
    public PodReport podReport() {
        return XenFailures.translating(
                attempt("examining"), () -> PodReport.of(status(), context.xenctrl(), context.store()));
    }

    /**
     * Passes only if that may be done without killing the guest: no populate-on-demand entry lacks a page. It stays
     * so: once the entries have their pages, neither what the guest does nor a resize makes new ones; only a toolstack
     * that adds entries to a running guest, or a page of the cache that the host finds broken, could. A guest that has
     * stopped for good, PV domains and dom0 pass.
     *
     * @throws PodDebtException while entries lack pages; the message says how many, and what to do
     */
    public void requireNoDebt(MemoryTouchingOperation move) {
        DomainInfo info = info(move.gerund());
        Attempt attempt = attempt(move.gerund());
        // A domain that has suspended itself is to run again; other shutdowns are the end.
        boolean over = info.shutdown() && info.shutdownReason() != ShutdownReason.SUSPEND.code();
        if (over || !info.hvm()) {
            return;
        }
        long debt = XenFailures.translating(
                        attempt, () -> context.xenctrl().memory().podTarget(domid))
                .debt();
        if (debt > 0) {
            throw failed(new PodDebtException(
                    attempt + ": " + Pages.of(debt)
                            + " of its memory are populate-on-demand entries without a page, and "
                            + "touching them may kill it (XSA-153); wait until its balloon driver has freed as many, or "
                            + "cover them (xlj guard --once --mode cover-at-once --patience 0 --domain " + domid + ")",
                    debt));
        }
    }

    /**
     * Does something dangerous while nothing can make it kill the guest: checks as {@link #requireNoDebt} does, and
     * keeps other threads of this toolstack from resizing the domain meanwhile.
     *
     * @throws PodDebtException if entries lack pages; then {@code work} was not begun
     */
    public <T> T withoutDebt(MemoryTouchingOperation move, Supplier<T> work) {
        return context.exclusively(domid, () -> {
            requireNoDebt(move);
            return work.get();
        });
    }

    /**
     * Lends it, at once, the pages that its entries lack; it needs no help from the guest. What it was lent is noted in
     * xenstore; a {@link Toolstack#guard guard} that runs then or later sees to it that it is given back.
     *
     * @param budget most pages that the domain may have been lent then, earlier loans included
     * @return pages lent now; zero if every entry has its page
     * @throws PodDebtException if the budget or the host's memory is too small, or another process's guard looks after
     *     the domain; nothing has changed then
     */
    public Pages coverDebt(Pages budget) {
        if (!info("covering the debt of").hvm()) {
            return Pages.ZERO;
        }
        Attempt attempt = attempt("covering the debt of");
        return context.exclusively(
                domid,
                () -> XenFailures.translating(attempt, () -> context.loans().cover(domid, uuid, budget)));
    }

    /** Writes its memory to a file, as {@link #coredump(Path, DumpListener, Cancellation)} does, unobserved. */
    public void coredump(Path file) {
        coredump(file, DumpListener.NONE, new Cancellation());
    }

    /**
     * Writes its memory to a file in Xen's dump-core format; it is paused meanwhile if it runs. Populate-on-demand
     * entries are populated by that. What is zero takes no room on the disk.
     *
     * @param file replaced if it exists, once the dump is complete
     * @throws PodDebtException while entries lack pages: reading them might kill the guest
     * @throws org.xenjava.toolstack.error.CoreDumpException if the file cannot be written; there is none then
     * @throws org.xenjava.toolstack.error.OperationCancelledException if it is cancelled; there is none then either
     */
    public void coredump(Path file, DumpListener listener, Cancellation cancellation) {
        MemoryStatus memory = resize(MemoryTouchingOperation.COREDUMP.gerund()).status();
        CoreDump dump = new CoreDump(context.xenctrl(), domid, listener, cancellation);
        withoutDebt(MemoryTouchingOperation.COREDUMP, () -> {
            DomainInfo info = info(MemoryTouchingOperation.COREDUMP.gerund());
            boolean running = !info.paused() && !info.shutdown();
            if (running) {
                pause();
            }
            try {
                dump.write(memory.staticMax(), info.maxVcpuId() + 1, file);
            } finally {
                if (running) {
                    unpause();
                }
            }
            return file;
        });
    }

    /** What it has and may have, as xenstore and Xen say. */
    public MemoryStatus memory() {
        return resize("reading the memory of").status();
    }

    /**
     * Sets its size ({@code xl mem-set}): the guest's balloon driver follows. While a populate-on-demand guest has not
     * ballooned yet, a raise grows the PoD cache with it. What the host must give is claimed first.
     *
     * @param memory whole pages, video RAM included, at most static-max
     * @throws org.xenjava.toolstack.error.ConfigException if the size is out of range
     * @throws org.xenjava.toolstack.error.HostMemoryException if the host cannot back it; nothing has changed then
     */
    public void setMemory(KiB memory) {
        MemoryResize resize = resize("setting the memory of");
        context.exclusively(domid, () -> resize.setMemory(memory));
    }

    /**
     * Sets what it may grow to ({@code xl mem-max}): max_mem and {@code memory/static-max}. A running guest's driver
     * has read static-max when it booted and goes by that until it boots again.
     *
     * @param maxMemory whole MiB, at least the memory target
     */
    public void setMaxMemory(KiB maxMemory) {
        MemoryResize resize = resize("setting the maximum memory of");
        context.exclusively(domid, () -> resize.setMaxMemory(maxMemory));
    }

    private MemoryResize resize(String attempt) {
        DomainInfo info = info(attempt);
        if (!info.hvm()) {
            throw failed(new DomainStateException(attempt + " " + this + ": only HVM and PVH domains are supported"));
        }
        return new MemoryResize(context.xenctrl(), context.store(), context.podPolicy(), context.processes(), domid);
    }

    private Attempt attempt(String verb) {
        return Attempt.on(domid, uuid, verb + " " + this);
    }

    private ToolstackException failed(ToolstackException failure) {
        return failure.during(attempt(""));
    }

    private DomainInfo info(String attempt) {
        return find().orElseThrow(() -> failed(new DomainGoneException(attempt + " " + this + ": the domain is gone")));
    }

    private Optional<DomainInfo> find() {
        return XenFailures.translating(
                        attempt("looking for"),
                        () -> context.xenctrl().domains().info(domid))
                .filter(info -> info.handle().equals(uuid) && !info.dying());
    }

    @Override
    public String toString() {
        return "domain " + domid;
    }
}
