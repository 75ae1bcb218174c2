// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.create.FirmwareFiles;
import org.xenjava.toolstack.device.HostScripts;
import org.xenjava.toolstack.device.QemuProcesses;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.room.LinuxControlDomain;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.UnsupportedXenException;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenHost.GuestWorth;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/** Options for opening one host. {@link Toolstack#options} makes them. */
public final class ToolstackOptions {
    PodPolicy podPolicy = PodPolicy.standard();
    BackedBoot backedBoot = BackedBoot.off();
    RoomPolicy room = RoomPolicy.never();
    Clock clock = Clock.systemUTC();
    RandomGenerator random = new SecureRandom();
    Confinement confinement = Confinement.WHERE_POSSIBLE;
    HotplugPolicy hotplug = HotplugPolicy.REFUSE;
    Duration deviceLimit = PvHost.LIBXL_LIMIT;
    ProcessIdentity processIdentity = ProcessIdentity.ofProc();
    Optional<Path> libxlDirectory = Optional.empty();
    boolean sharesImages;
    private LibxlFiles libxlFiles = LibxlFiles.OF_THE_REAL_HOST;
    private Optional<Path> xenPrefix = Optional.empty();
    private UnaryOperator<XenLibraries> tap = UnaryOperator.identity();
    private Path xlLock = LinuxControlDomain.XL_LOCK;
    private boolean keepsLeftovers;

    ToolstackOptions() {}

    /**
     * Sets the rule against XSA-153.
     *
     * @param value the rule; the default is {@link PodPolicy#standard()}
     * @return these options
     */
    public ToolstackOptions podPolicy(PodPolicy value) {
        podPolicy = value;
        return this;
    }

    /**
     * Sets the policy on lending pages to guests while they boot, so that no load can crash a guest before its
     * balloon driver has worked. A loan raises the guest's max_mem until a {@link Toolstack#guard guard}, of this
     * process or another, finds it repaid.
     *
     * @param value the policy; the default is {@link BackedBoot#off()}
     * @return these options
     */
    public ToolstackOptions backedBoot(BackedBoot value) {
        backedBoot = value;
        return this;
    }

    /**
     * Sets the policy on making room for guests by shrinking domain 0.
     *
     * @param value the policy; the default is {@link RoomPolicy#never()}
     * @return these options
     */
    public ToolstackOptions room(RoomPolicy value) {
        room = value;
        return this;
    }

    /**
     * Sets the file that xl locks while it makes room for a guest, on this machine.
     *
     * @param value the file; the default is {@code /var/lock/xl}
     * @return these options
     */
    public ToolstackOptions xlLock(Path value) {
        xlLock = value;
        return this;
    }

    /**
     * Sets the source of a domain's {@code start_time}.
     *
     * @param value the clock; the default is the system's in UTC
     * @return these options
     */
    public ToolstackOptions clock(Clock value) {
        clock = value;
        return this;
    }

    /**
     * Sets the source of UUIDs and MAC addresses that a configuration leaves out.
     *
     * @param value a generator that is safe to use from many threads
     * @return these options
     */
    public ToolstackOptions random(RandomGenerator value) {
        random = value;
        return this;
    }

    /**
     * Sets the longest time to wait for dom0's back ends, and for a guest to release a device.
     *
     * @param value the time; the default is libxl's 10 seconds
     * @return these options
     */
    public ToolstackOptions deviceLimit(Duration value) {
        deviceLimit = value;
        return this;
    }

    /**
     * Sets the confinement of guests' QEMUs. A guest's {@code dm_restrict} may ask for more, and for less unless this
     * is {@link Confinement#REQUIRED}.
     *
     * @param value the confinement; the default is {@link Confinement#WHERE_POSSIBLE}
     * @return these options
     */
    public ToolstackOptions confinement(Confinement value) {
        confinement = value;
        return this;
    }

    /**
     * Sets whether programs are run that configurations name: boot loaders, which have no rights on the host, and hotplug
     * scripts, which disks and network cards name with {@code script=}, and which connect them to the host as root. The script {@code vif-bridge} and the default script of disks are never run,
     * because the library does their work itself.
     *
     * @param value the policy; the default is {@link HotplugPolicy#REFUSE}
     * @return these options
     */
    public ToolstackOptions hotplugScripts(HotplugPolicy value) {
        hotplug = value;
        return this;
    }

    /**
     * Sets the identity that signs builds in xenstore, so that other processes can find out whether the builder still
     * runs.
     *
     * @param value the identity; the default is this process. A replay needs the identity of the recorded process
     * @return these options
     */
    public ToolstackOptions processIdentity(ProcessIdentity value) {
        processIdentity = value;
        return this;
    }

    /**
     * Shares kernels with all toolstacks of this process that have this option: a compressed kernel is unpacked once for all of them,
     * and kept when they are closed. Up to 256 MiB of unpacked kernels are in temporary files without a name.
     *
     * @return these options
     */
    public ToolstackOptions sharingImages() {
        sharesImages = true;
        return this;
    }

    /**
     * Sets the prefix of a Xen that was installed from source, such as {@code /opt/xen}. Its QEMU, hvmloader and BIOSes
     * come before those of the distribution and of the default prefix, {@code /usr/local}. A guest's configuration may
     * name each file instead: {@code device_model_override}, {@code firmware_override}, {@code bios_path_override}.
     *
     * @param value an absolute path
     * @return these options; they concern {@link #open()} only
     */
    public ToolstackOptions xenPrefix(Path value) {
        xenPrefix = Optional.of(value);
        return this;
    }

    /** The choice of a directory for libxl's files. */
    private enum LibxlFiles {
        /** libxl's own directory on this machine, if it exists; none on a host that the caller provides. */
        OF_THE_REAL_HOST,
        CHOSEN
    }

    /**
     * Sets the directory in which libxl stores the configurations of domains. The library stores those of its domains
     * there, under libxl's locks, so that {@code xl mem-set}, {@code xl block-attach}, {@code xl save} and libvirt work
     * on them. The default is {@code /var/lib/xen}, if it exists, for {@link #open()}, and none for {@link
     * #open(XenHost)}.
     *
     * @param value an existing directory, which only the toolstack may write
     * @return these options
     */
    public ToolstackOptions libxlDirectory(Path value) {
        libxlDirectory = Optional.of(value);
        libxlFiles = LibxlFiles.CHOSEN;
        return this;
    }

    /** {@return options with which nothing is stored for libxl} */
    public ToolstackOptions withoutLibxlFiles() {
        libxlDirectory = Optional.empty();
        libxlFiles = LibxlFiles.CHOSEN;
        return this;
    }

    /** {@return options with which opening removes nothing that failed or killed operations have left behind} */
    public ToolstackOptions keepingLeftovers() {
        keepsLeftovers = true;
        return this;
    }

    /**
     * Inserts a layer between the toolstack and Xen's libraries, such as a recorder of traces.
     *
     * @param value returns libraries that pass calls on to the given ones and close them
     * @return these options
     */
    public ToolstackOptions tap(UnaryOperator<XenLibraries> value) {
        tap = value;
        return this;
    }

    /**
     * Opens the machine that this process runs on. What builds and removals have left that failed
     * or whose process was killed is removed.
     *
     * @return the open toolstack
     * @throws XenUnavailableException if there is no usable Xen; the message says what is missing
     */
    public Toolstack open() {
        if (libxlFiles == LibxlFiles.OF_THE_REAL_HOST) {
            libxlDirectory = Optional.of(Userdata.LIBXL_DIRECTORY).filter(Files::isDirectory);
        }
        try {
            return open(new XenHost(
                    JnaXen.open(),
                    QemuProcesses.installed(xenPrefix, JnaHostProcesses.open()),
                    FirmwareFiles.installed(xenPrefix),
                    GuestWorth.NEEDED,
                    LinuxControlDomain.installed(xlLock),
                    new HostScripts()));
        } catch (XenAccessException e) {
            throw new XenUnavailableException(Objects.requireNonNull(e.getMessage()), e);
        }
    }

    /**
     * Opens a host, such as a simulated one or one through other libraries. Closing the toolstack closes the host.
     *
     * @param host the host
     * @return the open toolstack
     * @throws XenUnavailableException if the release of Xen is not supported
     */
    public Toolstack open(XenHost host) {
        try {
            requireSafePolicy(host);
            XenHost tapped = host.with(tap);
            Toolstack toolstack =
                    new Toolstack(XenFailures.translating("opening Xen", () -> HostWiring.of(tapped, this)));
            if (!keepsLeftovers) {
                toolstack.leftovers().removeRecorded();
            }
            return toolstack;
        } catch (UnsupportedXenException | XenAccessException e) {
            host.close();
            throw new XenUnavailableException(Objects.requireNonNull(e.getMessage()), e);
        } catch (RuntimeException e) {
            host.close();
            throw e;
        }
    }

    private void requireSafePolicy(XenHost host) {
        if (podPolicy instanceof UnpatchedPodPolicy unpatched
                && !unpatched.realXenAccepted()
                && host.guests() == GuestWorth.NEEDED) {
            throw new ConfigException("the unpatched PoD policy lets users crash their guests (XSA-153); on a real "
                    + "Xen, confirm it with UnpatchedPodPolicy.yesLetGuestsCrashOnRealXen()");
        }
    }
}
