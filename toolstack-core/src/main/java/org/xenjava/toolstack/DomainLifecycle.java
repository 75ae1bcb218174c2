// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;

/** Asks the guest of one domain to stop, and waits for its end: got from {@link Domain#lifecycle}. */
public final class DomainLifecycle {
    private static final String RELEASE = "@releaseDomain";
    private static final int FIRST_VCPU = 0;

    private final DomainHandle domain;

    DomainLifecycle(DomainHandle domain) {
        this.domain = domain;
    }

    /**
     * Asks the guest to stop, over {@code control/shutdown} in xenstore, which its PV drivers watch; returns at once.
     * Nothing happens if it has shut down already.
     *
     * @throws DomainStateException if the guest has set up no PV drivers, as libxl tells it: {@code CALLBACK_IRQ} is 0
     */
    public void requestShutdown(ShutdownRequest request) {
        domain.attempting(request.verb(), () -> {
            if (domain.info(request.verb()).shutdown()) {
                return;
            }
            if (!hasPvDrivers()) {
                throw new DomainStateException(
                        request.verb() + " " + domain + ": the guest has no PV drivers that would listen "
                                + "(none, or it is still booting); wait, or destroy it");
            }
            domain.store().direct().write(domain.paths().of("control/shutdown"), request.word());
        });
    }

    /** {@return whether the guest has set up PV drivers, which listen to what it is asked for over xenstore} */
    public boolean hasPvDrivers() {
        String verb = "looking for PV drivers of";
        return domain.attempting(verb, () -> {
            domain.info(verb);
            return domain.xenctrl().hvm().param(domain.domid(), HvmParam.CALLBACK_IRQ) != 0;
        });
    }

    /**
     * Presses the power button of the guest's machine: an operating system with ACPI shuts down, PV drivers or not.
     *
     * @throws DomainStateException if it is no HVM guest: the machines of others have no such button
     */
    public void pressPowerButton() {
        send(GuestTrigger.POWER);
    }

    /**
     * Sends the guest what the hardware would; returns at once. An NMI goes to its first vCPU.
     *
     * @throws DomainStateException if its machine has no such button
     * @throws org.xenjava.toolstack.error.XenCallException if Xen cannot send that: on x86, reset and INIT
     */
    public void send(GuestTrigger trigger) {
        send(trigger, FIRST_VCPU);
    }

    /**
     * Sends the guest what the hardware would; returns at once.
     *
     * @param vcpu the vCPU that an NMI goes to, from 0
     * @throws DomainStateException if its machine has no such button
     * @throws org.xenjava.toolstack.error.XenCallException if Xen cannot send that: on x86, reset and INIT; or if there
     *     is no such vCPU
     */
    public void send(GuestTrigger trigger, int vcpu) {
        String verb = "sending " + trigger.word() + " to";
        domain.attempting(verb, () -> {
            DomainInfo info = domain.info(verb);
            DomainStatus.Kind kind = DomainStatus.of(
                            info, "", domain.store().read(domain.paths().libxlType()))
                    .kind();
            if (trigger.isButton() && kind != DomainStatus.Kind.HVM) {
                throw new DomainStateException(verb + " " + domain + ": only HVM guests have that button");
            }
            domain.xenctrl().hvm().sendTrigger(domain.domid(), trigger.number(), vcpu);
        });
    }

    /**
     * Sends the guest's kernel a magic SysRq key over xenstore; returns at once. Only Linux handles it, and only if its
     * drivers watch {@code control/sysrq}.
     *
     * @param key a letter or a digit
     * @throws ConfigException if it is neither
     */
    public void sendSysrq(char key) {
        String text = Character.toString(key);
        if (!text.matches("[0-9A-Za-z]")) {
            throw new ConfigException("a SysRq key is a letter or a digit, not '" + key + "'");
        }
        String verb = "sending a SysRq key to";
        domain.attempting(verb, () -> {
            domain.info(verb);
            domain.store().direct().write(domain.paths().of("control/sysrq"), text);
        });
    }

    /**
     * Waits until the domain has shut down.
     *
     * @param timeout at most so long
     * @return why it stopped
     * @throws OperationTimeoutException if it still runs then
     * @throws DomainGoneException if it is destroyed meanwhile
     */
    public ShutdownReason awaitShutdown(Duration timeout) {
        String verb = "waiting for the shutdown of";
        return domain.attempting(verb, () -> domain.context()
                .events()
                .await(RELEASE, timeout, () -> Optional.of(domain.info(verb))
                        .filter(DomainInfo::shutdown)
                        .map(info -> ShutdownReason.of(info.shutdownReason())))
                .orElseThrow(() -> OperationTimeoutException.after(domain + " has not shut down", timeout, "")));
    }

    /**
     * Waits until the domain is destroyed; false if it still exists after that time.
     *
     * @return whether the domain is gone
     */
    public boolean awaitGone(Duration timeout) {
        return domain.attempting("waiting for the end of", () -> domain.context()
                .events()
                .await(RELEASE, timeout, () -> domain.exists() ? Optional.empty() : Optional.of(domain.domid()))
                .isPresent());
    }
}
