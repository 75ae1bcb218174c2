// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.plan.QemuCommandLine;
import org.xenjava.toolstack.device.view.Screenshot;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess.ProcessPrivileges;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** A running QEMU that serves a domain, started by this or another toolstack. */
public final class QemuProcess {
    private static final Logger LOG = LoggerFactory.getLogger(QemuProcess.class);

    /** Arguments with which QEMU gives up what it needs to serve one more disk. */
    private static final Set<String> DROPPING = Set.of("-xen-domid-restrict", "-chroot", "-run-with");

    /** The argument with which QEMU becomes another user, perhaps without the others. */
    private static final String USER = "-runas";

    /** The state of QEMU while the guest sleeps in ACPI's state S3. */
    private static final String SLEEPING = "suspended";

    /** The states of QEMU in which only a command lets it run. */
    private static final Set<String> PAUSED = Set.of("paused", "prelaunch");

    private static final String DOMID = "-xen-domid";

    /** Time for QEMU to write its disks' caches after it is told to end. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final DeviceModelProcess process;

    QemuProcess(DeviceModelProcess process) {
        this.process = process;
    }

    /** The domain that a QEMU with these arguments serves; −1 if no toolstack starts a QEMU with such arguments. */
    static int domidIn(List<String> arguments) {
        int at = arguments.indexOf(DOMID);
        boolean ours = at > 0 && at + 1 < arguments.size() && arguments.contains("-no-shutdown");
        String value = ours ? arguments.get(at + 1) : "";
        return value.matches("\\d{1,5}") ? Integer.parseInt(value) : -1;
    }

    /** {@return the number of the domain that QEMU serves} */
    public int domid() {
        return process.domid();
    }

    /** {@return the PID of the process} */
    public long pid() {
        return process.pid();
    }

    /** {@return whether it runs} */
    public Liveness liveness() {
        return process.liveness();
    }

    /** Completes when it has ended, also if it is another process's child. */
    public CompletableFuture<QemuProcess> onExit() {
        return process.onExit().thenApply(ended -> this);
    }

    /** {@return it has given up xenstore and the host's files, so that it serves no disk that is attached later} */
    public boolean isConfined() {
        return process.arguments().stream().anyMatch(DROPPING::contains);
    }

    /** {@return the rights that it has; empty if that cannot be told} */
    public Optional<ProcessPrivileges> privileges() {
        return process.privileges();
    }

    /** This library started it. */
    boolean isOurs() {
        return socket(QemuCommandLine.MONITOR).isPresent();
    }

    /**
     * {@return a picture of the guest's screen}
     *
     * @throws DeviceModelException if the guest has no screen, or QEMU does not answer
     */
    public Screenshot screenshot() {
        return monitor().screenshot();
    }

    /**
     * Inserts a medium into a CD-ROM drive, even if the guest has locked the drive.
     *
     * @param image a raw image or a block device
     * @throws DeviceModelException if there is no such drive, or QEMU cannot open the image
     */
    public void changeMedium(VirtualDisk drive, Path image) {
        monitor().changeMedium(drive, image);
    }

    /**
     * Ejects the medium of a CD-ROM drive, even if the guest has locked the drive.
     *
     * @throws DeviceModelException if there is no such drive
     */
    public void eject(VirtualDisk drive) {
        monitor().eject(drive);
    }

    /**
     * {@return whether its guest sleeps in ACPI's state S3}
     *
     * @throws DeviceModelException if it does not answer
     */
    public boolean sleeps() {
        return monitor().status().equals(SLEEPING);
    }

    /** Stops the emulated devices, once what they have begun is done. */
    public void stop() {
        monitor().stop();
    }

    /** Lets the emulated devices continue, and opens the disks for writing if they are not. */
    public void resume() {
        monitor().resume();
    }

    /** Lets the emulated devices continue if no guest has run with them, or they were stopped. */
    void resumeIfPaused() {
        QemuMonitor monitor = monitor();
        if (PAUSED.contains(monitor.status())) {
            monitor.resume();
        }
    }

    /** Lets QEMU report its writes to the guest's memory to Xen's log of written pages. QEMU 6.2 aborts if it does already. */
    public void logWrites() {
        monitor().setWriteLog(true);
    }

    /** Ends {@link #logWrites}. QEMU may abort if it keeps no log. */
    public void endWriteLog() {
        monitor().setWriteLog(false);
    }

    /** {@return the state of the emulated devices, which are stopped; the disks stay with this QEMU} */
    public byte[] deviceState() {
        return monitor().deviceState(false);
    }

    /** {@return the state of the emulated devices, which are stopped; the disks are given up until QEMU continues} */
    public byte[] deviceStateReleasingDisks() {
        return monitor().deviceState(true);
    }

    /**
     * {@return whether it can open released disks again} A QEMU that has given up the host's files, or has become a user that
     * may not open them, must have kept them open.
     */
    public boolean canReleaseDisks() {
        return !isConfined() && !process.arguments().contains(USER)
                || process.arguments().stream()
                        .filter(argument -> argument.startsWith("file="))
                        .allMatch(QemuProcess::staysOpen);
    }

    private static boolean staysOpen(String drive) {
        return drive.contains(",auto-read-only=off,") || drive.contains("readonly=on") || drive.contains("media=cdrom");
    }

    /**
     * Wakes a guest that sleeps in ACPI's state S3.
     *
     * @throws DeviceModelException if the guest does not sleep
     */
    public void wake() {
        monitor().wake();
    }

    /**
     * Adds vCPUs until the guest's machine has that many. QEMU has no command that removes one.
     *
     * @param count number of vCPUs, at most the largest number that the guest may have
     * @return number of vCPUs that the machine has now: more than {@code count} if it had more
     */
    public int plugVcpus(int count) {
        return monitor().plugVcpus(count);
    }

    /**
     * Gives the guest's machine a PCI device of the host.
     *
     * @param slot its place; empty if QEMU chooses
     * @param access the part of its configuration space that the guest may write
     * @return device and function on the guest's bus: five and three bits
     */
    public int addPciDevice(PciAddress address, OptionalInt slot, QemuPciDevices.ConfigurationSpace access) {
        return new QemuPciDevices(monitor()).add(address, slot, access);
    }

    /** Asks the guest to release a PCI device of the host. */
    public void requestPciRemoval(PciAddress address) {
        new QemuPciDevices(monitor()).requestRemoval(address);
    }

    /** {@return whether the guest's machine has a PCI device of the host} */
    public boolean hasPciDevice(PciAddress address) {
        return new QemuPciDevices(monitor()).find(address).isPresent();
    }

    /** {@return the USB devices of the host in the guest's machine} */
    public QemuUsbDevices usb() {
        return new QemuUsbDevices(monitor());
    }

    /** {@return the traffic of all disks that this QEMU serves, since its start} */
    public QemuDiskTraffic diskTraffic() {
        return monitor().diskTraffic();
    }

    /**
     * Executes a command of QEMU's monitor for people.
     *
     * @param commandLine command and arguments, such as {@code info block}
     * @return QEMU's output, which is not trusted
     */
    public String execute(String commandLine) {
        return monitor().execute(commandLine);
    }

    /** The monitor of this QEMU; of a QEMU that libxl has started, the one that xl uses. */
    QemuMonitor monitor() {
        return new QemuMonitor(
                socket(QemuCommandLine.MONITOR)
                        .or(() -> socket(QemuCommandLine.LIBXL_MONITOR))
                        .orElseThrow(() -> new DeviceModelException(this + ", has no monitor that a toolstack knows")),
                process);
    }

    private Optional<Path> socket(String monitor) {
        Pattern pattern = Pattern.compile("socket,id=" + monitor + ",path=([^,]+),.*");
        return process.arguments().stream()
                .map(pattern::matcher)
                .filter(Matcher::matches)
                .map(matcher -> Path.of(matcher.group(1)))
                .findFirst();
    }

    /**
     * Ends QEMU, by SIGKILL if it does not end when told to.
     *
     * @throws DeviceModelException if it does not end even then
     */
    void end() {
        process.terminate();
        if (ends()) {
            return;
        }
        LOG.warn("QEMU of domain {} (process {}) does not end when told to, and is killed", domid(), pid());
        process.kill();
        if (!ends()) {
            throw new DeviceModelException("domain " + domid() + ": QEMU, process " + pid()
                    + ", cannot be killed: it hangs in the kernel, or another user owns it");
        }
    }

    private boolean ends() {
        try {
            process.onExit().get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException e) {
            return process.liveness() == Liveness.DEAD;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("stopping QEMU of domain " + domid() + " was interrupted", e);
        }
    }

    @Override
    public String toString() {
        return "QEMU of domain " + domid() + ", process " + pid();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof QemuProcess that && process.equals(that.process);
    }

    @Override
    public int hashCode() {
        return process.hashCode();
    }
}
