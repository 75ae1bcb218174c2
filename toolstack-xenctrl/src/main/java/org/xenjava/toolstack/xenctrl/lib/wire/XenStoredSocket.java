// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/**
 * The socket of the xenstored that serves this system.
 *
 * @param path of the socket
 */
public record XenStoredSocket(Path path) implements WireTransport.Connector {
    private static final List<Path> USUAL =
            List.of(Path.of("/run/xenstored/socket"), Path.of("/var/run/xenstored/socket"));

    /**
     * Finds the socket as libxenstore does: {@code XENSTORED_PATH}, else {@code socket} in {@code XENSTORED_RUNDIR},
     * else the usual places.
     *
     * @param environment the variables of the process
     * @return the socket, whether or not anybody listens; empty if there is none in the usual places
     */
    public static Optional<XenStoredSocket> find(Map<String, String> environment) {
        if (environment.containsKey("XENSTORED_PATH")) {
            return Optional.of(new XenStoredSocket(Path.of(environment.get("XENSTORED_PATH"))));
        }
        if (environment.containsKey("XENSTORED_RUNDIR")) {
            return Optional.of(new XenStoredSocket(
                    Path.of(environment.get("XENSTORED_RUNDIR")).resolve("socket")));
        }
        return USUAL.stream().filter(Files::exists).map(XenStoredSocket::new).findFirst();
    }

    /**
     * Connects.
     *
     * @return the connection
     * @throws XenLibException {@code xs_open}, if xenstored cannot be reached
     */
    public XenStore open(ReconnectPolicy policy) {
        return WireXenStore.open(this, path.toString(), policy);
    }

    @Override
    public WireTransport connect(WireTransport.Receiver receiver) {
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(path));
                return new SocketTransport(channel, receiver).start();
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new XenLibException("xs_open", errno(e));
        }
    }

    /** The JDK passes on errno as text only. */
    private Errno errno(IOException failure) {
        if (!Files.exists(path)) {
            return Errno.ENOENT;
        }
        if (failure instanceof ConnectException) {
            return Errno.ECONNREFUSED;
        }
        return String.valueOf(failure.getMessage()).contains("ermission denied") ? Errno.EACCES : Errno.EIO;
    }
}
