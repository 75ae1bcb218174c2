// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess.ProcessPrivileges;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/** The QEMU that serves one domain. {@link Domain#deviceModel} returns it. */
public final class DomainDeviceModel {
    private final DomainHandle domain;

    DomainDeviceModel(DomainHandle domain) {
        this.domain = domain;
    }

    /** {@return the PID of the QEMU that serves the domain now, whoever started it; empty if there is none} */
    public OptionalLong pid() {
        return process().map(qemu -> OptionalLong.of(qemu.pid())).orElse(OptionalLong.empty());
    }

    /** {@return the rights that this QEMU has; empty if there is none, or if they cannot be told} */
    public Optional<ProcessPrivileges> privileges() {
        return process().flatMap(QemuProcess::privileges);
    }

    /**
     * Executes a command of QEMU's monitor for people ({@code xl qemu-monitor-command}).
     *
     * @param commandLine command and arguments, such as {@code info block}
     * @return QEMU's output, which is not trusted: a guest may control QEMU
     * @throws DomainStateException if no QEMU serves the domain
     * @throws org.xenjava.toolstack.error.DeviceModelException if QEMU does not answer. A command that QEMU does not
     *     know is no failure: the output says so
     */
    public String execute(String commandLine) {
        return domain.attempting("sending a command to the QEMU of", () -> required("has no monitor")
                .execute(commandLine));
    }

    private Optional<QemuProcess> process() {
        return domain.attempting(
                "looking for the QEMU of", () -> domain.context().deviceModels().process(domain.domid()));
    }

    /** @throws DomainStateException if there is none, with its consequence, such as {@code "has no screen"} */
    QemuProcess required(String consequence) {
        return process()
                .orElseThrow(() -> new DomainStateException(domain + " " + consequence + ": no QEMU serves it"));
    }

    /**
     * Reports the end of the QEMU that the domain still needs; without it, the guest's next access to a device hangs.
     * The end of the domain itself is not reported. The domain may have been built by another process. If QEMU has
     * ended already, the report comes at once.
     *
     * @return a future that completes with the domain, on another thread; it never completes if the domain has no
     *     QEMU, or none that can be seen from here
     */
    public CompletableFuture<Domain> death() {
        CompletableFuture<Domain> death = new CompletableFuture<>();
        if (isNeeded()) {
            Optional<QemuProcess> process = process();
            if (process.isPresent()) {
                process.get().onExit().thenRun(() -> reportDeath(death));
            } else if (domain.context().deviceModels().liveness(domain.domid()) == Liveness.DEAD) {
                reportDeath(death);
            }
        }
        return death;
    }

    private void reportDeath(CompletableFuture<Domain> death) {
        if (isNeeded() && domain.exists()) {
            death.complete(new Domain(domain.context(), domain.domid(), domain.uuid()));
        }
    }

    /** Whether the domain needs its QEMU: a toolstack that ends QEMU on purpose removes its PID from xenstore first. */
    private boolean isNeeded() {
        return domain.store().read(domain.paths().deviceModelPid()).isPresent();
    }
}
