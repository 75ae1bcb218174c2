// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.lifecycle.GuestTrigger;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;

/** Stops the guest of one domain and waits for its end. {@link Domain#lifecycle} returns it. */
public final class DomainLifecycle {
    private static final String RELEASE = "@releaseDomain";
    private static final int FIRST_VCPU = 0;

    private final DomainHandle domain;

    DomainLifecycle(DomainHandle domain) {
        this.domain = domain;
    }

    /**
     * Asks the guest's PV drivers to stop it, by {@code control/shutdown} in xenstore, and returns at once. Does
     * nothing if the guest has shut down already.
     *
     * @param request the request
     * @throws DomainStateException if the guest has set up no PV drivers: its {@code CALLBACK_IRQ} is 0 (libxl's
     *     test)
     */
    public void requestShutdown(ShutdownRequest request) {
        domain.attempting(request.verb(), () -> {
            if (domain.info(request.verb()).shutdown()) {
                return;
            }
            if (!hasPvDrivers()) {
                throw new DomainStateException(request.verb() + " " + domain
                        + ": the guest has no PV drivers, or is still booting; wait, or destroy it");
            }
            domain.store().direct().write(domain.paths().of("control/shutdown"), request.word());
        });
    }

    /** {@return whether the guest has set up PV drivers, which follow requests in xenstore} */
    public boolean hasPvDrivers() {
        String verb = "looking for PV drivers of";
        return domain.attempting(verb, () -> {
            // A PV guest has nothing but such drivers.
            return !domain.info(verb).hvm() || domain.xenctrl().hvm().param(domain.domid(), HvmParam.CALLBACK_IRQ) != 0;
        });
    }

    /**
     * Presses the power button of the guest's machine. An operating system with ACPI shuts down; it needs no PV
     * drivers.
     *
     * @throws DomainStateException if the domain is not an HVM guest: other guests have no such button
     */
    public void pressPowerButton() {
        send(GuestTrigger.POWER);
    }

    /**
     * Sends the guest a trigger as hardware does, and returns at once. An NMI goes to the first vCPU.
     *
     * @param trigger the trigger
     * @throws DomainStateException if the guest's machine has no such button
     * @throws org.xenjava.toolstack.error.XenCallException if Xen cannot send the trigger: on x86, reset and INIT
     */
    public void send(GuestTrigger trigger) {
        send(trigger, FIRST_VCPU);
    }

    /**
     * Sends the guest a trigger as hardware does, and returns at once.
     *
     * @param trigger the trigger
     * @param vcpu the vCPU that an NMI goes to, from 0
     * @throws DomainStateException if the guest's machine has no such button
     * @throws org.xenjava.toolstack.error.XenCallException if Xen cannot send the trigger, on x86 reset and INIT, or
     *     if there is no such vCPU
     */
    public void send(GuestTrigger trigger, int vcpu) {
        String verb = "sending " + trigger.word() + " to";
        domain.attempting(verb, () -> {
            DomainInfo info = domain.info(verb);
            DomainStatus.Kind kind = DomainStatus.of(info, "").kind();
            if (trigger.isButton() && kind != DomainStatus.Kind.HVM) {
                throw new DomainStateException(verb + " " + domain + ": only HVM guests have that button");
            }
            domain.xenctrl().hvm().sendTrigger(domain.domid(), trigger.number(), vcpu);
        });
    }

    /**
     * Wakes an HVM guest that sleeps in ACPI's state S3 ({@code xl trigger DOMAIN s3resume}).
     *
     * @throws DomainStateException if no QEMU serves the domain
     * @throws org.xenjava.toolstack.error.DeviceModelException if the guest does not sleep
     */
    public void wake() {
        domain.attempting(
                "waking",
                () -> new DomainDeviceModel(domain).required("cannot be woken").wake());
    }

    /**
     * Sends the guest's kernel a magic SysRq key over xenstore, and returns at once. Only a Linux whose drivers watch
     * {@code control/sysrq} handles it.
     *
     * @param key a letter or a digit
     * @throws ConfigException if the key is neither
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
     * @param timeout the longest time to wait
     * @return the reason of the shutdown
     * @throws OperationTimeoutException if the domain still runs when the timeout expires
     * @throws DomainGoneException if the domain is destroyed while this method waits
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
     * Waits until the domain is destroyed.
     *
     * @param timeout the longest time to wait
     * @return false if the domain still exists when the timeout expires
     */
    public boolean awaitGone(Duration timeout) {
        return domain.attempting("waiting for the end of", () -> domain.context()
                .events()
                .await(RELEASE, timeout, () -> domain.exists() ? Optional.empty() : Optional.of(domain.domid()))
                .isPresent());
    }
}
