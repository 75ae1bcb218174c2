// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.device.plan.GuestScreen;
import org.xenjava.toolstack.device.view.Screenshot;
import org.xenjava.toolstack.device.view.VncAddress;
import org.xenjava.toolstack.error.DomainStateException;

/** The screen of one domain. {@link Domain#screen} returns it. */
public final class DomainScreen {
    private static final String SOCKET = "unix:";
    private static final int MAX_PORT = 0xffff;

    private final DomainHandle domain;

    DomainScreen(DomainHandle domain) {
        this.domain = domain;
    }

    /** {@return the address of the screen's VNC server; empty if there is none} */
    public Optional<VncAddress> vnc() {
        return domain.attempting("looking for the screen of", () -> {
            String listen = domain.store().read(domain.paths().vncListen()).orElse("127.0.0.1");
            if (listen.startsWith(SOCKET)) {
                return Optional.of(new VncAddress.Socket(Path.of(listen.substring(SOCKET.length()))));
            }
            return domain.store()
                    .readLong(domain.paths().vncPort())
                    .filter(port -> port >= 0 && port <= MAX_PORT)
                    .map(port -> new VncAddress.Tcp(listen, port.intValue()));
        });
    }

    /**
     * {@return the password of viewers in the domain's configuration; empty if there is none, or if another toolstack
     * has built the domain}
     */
    public Optional<String> vncPassword() {
        return new Domain(domain.context(), domain.domid(), domain.uuid())
                .config()
                .flatMap(GuestScreen::of)
                .flatMap(GraphicsConfig::vnc)
                .flatMap(GraphicsConfig.Vnc::password);
    }

    /**
     * {@return a picture of the screen}
     *
     * @throws DomainStateException if no QEMU serves the domain
     * @throws org.xenjava.toolstack.error.DeviceModelException if the guest has no screen, or QEMU does not answer
     */
    public Screenshot screenshot() {
        return domain.attempting(
                "taking a picture of",
                () -> new DomainDeviceModel(domain).required("has no screen").screenshot());
    }
}
