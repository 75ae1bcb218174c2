// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.create.FirmwareFiles;
import org.xenjava.toolstack.device.QemuProcesses;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.UnsupportedXenException;
import org.xenjava.toolstack.xenctrl.lib.GuestWorth;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/** How to open a host: made by {@link Toolstack#options}, used once. */
public final class ToolstackOptions {
    PodPolicy podPolicy = PodPolicy.standard();
    BackedBoot backedBoot = BackedBoot.off();
    Clock clock = Clock.systemUTC();
    RandomGenerator random = new SecureRandom();
    Duration deviceLimit = PvHost.LIBXL_LIMIT;
    ProcessIdentity processIdentity = ProcessIdentity.ofProc();
    private UnaryOperator<XenLibraries> tap = UnaryOperator.identity();

    ToolstackOptions() {}

    /** {@return the rule against XSA-153; {@link PodPolicy#standard()} unless told otherwise} */
    public ToolstackOptions podPolicy(PodPolicy value) {
        podPolicy = value;
        return this;
    }

    /**
     * {@return how far guests are backed while they boot, so that no load can crash one before its balloon driver has
     * worked; {@link BackedBoot#off()} unless told otherwise} What is lent raises a guest's max_mem until a {@link
     * Toolstack#guard guard}, of this process or another, finds it repaid.
     */
    public ToolstackOptions backedBoot(BackedBoot value) {
        backedBoot = value;
        return this;
    }

    /** {@return where the time in {@code start_time} comes from} */
    public ToolstackOptions clock(Clock value) {
        clock = value;
        return this;
    }

    /** {@return what chooses UUIDs and MAC addresses where none is given; safe to use from many threads} */
    public ToolstackOptions random(RandomGenerator value) {
        random = value;
        return this;
    }

    /**
     * {@return how long to wait for dom0's back ends, and for a guest to give a device back: libxl's 10 seconds unless told
     * otherwise}
     */
    public ToolstackOptions deviceLimit(Duration value) {
        deviceLimit = value;
        return this;
    }

    /**
     * {@return what builds under way are signed with in xenstore, so that others can tell whether their process still
     * runs: this process, unless a recording of another one is replayed}
     */
    public ToolstackOptions processIdentity(ProcessIdentity value) {
        processIdentity = value;
        return this;
    }

    /**
     * Puts something between the toolstack and Xen's libraries, such as a recorder of traces.
     *
     * @param value returns libraries that pass calls on to those that it is given, and close them
     */
    public ToolstackOptions tap(UnaryOperator<XenLibraries> value) {
        tap = value;
        return this;
    }

    /**
     * Opens the machine that this process runs on. What builds have left whose process was killed is cleaned up.
     *
     * @return the open toolstack
     * @throws XenUnavailableException if it is not a usable Xen host; the message says what is missing
     */
    public Toolstack open() {
        try {
            return open(new XenHost(
                    JnaXen.open(),
                    QemuProcesses.installed(JnaHostProcesses.open()),
                    FirmwareFiles.installed(),
                    GuestWorth.NEEDED));
        } catch (XenAccessException e) {
            throw new XenUnavailableException(Objects.requireNonNull(e.getMessage()), e);
        }
    }

    /**
     * Opens a host: a simulated one, or one through other libraries. It is closed with the toolstack.
     *
     * @return the open toolstack
     * @throws XenUnavailableException if the Xen below is of an unsupported release
     */
    public Toolstack open(XenHost host) {
        try {
            requireSafePolicy(host);
            XenHost tapped = host.with(tap);
            Toolstack toolstack =
                    new Toolstack(XenFailures.translating("opening Xen", () -> HostWiring.of(tapped, this)));
            toolstack.recover();
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
                    + "Xen it has to be asked for with UnpatchedPodPolicy.yesLetGuestsCrashOnRealXen()");
        }
    }
}
