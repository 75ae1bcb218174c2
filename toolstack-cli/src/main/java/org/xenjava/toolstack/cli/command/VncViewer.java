// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.device.view.VncAddress;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;

/**
 * The program {@code vncviewer}. The password of a screen reaches it in the environment, as TigerVNC expects, and on
 * standard input if the program has the option {@code -autopass}: no other user sees it there.
 */
public final class VncViewer {
    private static final String NAME = "vncviewer";
    private static final String AUTOPASS = "-autopass";
    private static final String PASSWORD_VARIABLE = "VNC_PASSWORD";
    private static final int LONGEST_HELP = 1 << 16;

    private final Path program;

    VncViewer(Path program) {
        this.program = program;
    }

    /** The source of the screen's password. */
    public enum Password {
        /** The viewer asks for it. */
        TYPED,
        /** The guest's configuration has it. */
        OF_CONFIGURATION
    }

    /**
     * Finds the program in {@code PATH}.
     *
     * @throws ConfigException if there is none; the message has the address of the screen
     * @throws DomainStateException if the domain has no VNC server
     */
    public static VncViewer of(Domain domain) {
        VncAddress address = address(domain);
        return in(Objects.requireNonNullElse(System.getenv("PATH"), ""))
                .orElseThrow(() -> new ConfigException("no program " + NAME
                        + " is in PATH: a VNC viewer reaches the screen of " + domain + " at " + address));
    }

    static Optional<VncViewer> in(String path) {
        return Stream.of(path.split(":"))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, NAME))
                .filter(Files::isExecutable)
                .findFirst()
                .map(VncViewer::new);
    }

    /**
     * {@return the address of a domain's screen}
     *
     * @throws DomainStateException if the domain has no VNC server
     */
    public static VncAddress address(Domain domain) {
        return domain.screen().vnc().orElseThrow(() -> new DomainStateException(domain + " has no VNC server"));
    }

    /** Starts the viewer on a domain's screen; it continues when this process ends. */
    public Process start(Domain domain, Password password, Console console) throws IOException {
        return start(
                address(domain),
                password == Password.TYPED ? Optional.empty() : domain.screen().vncPassword(),
                console.inputOfPrograms());
    }

    Process start(VncAddress address, Optional<String> password, Redirect input) throws IOException {
        List<String> words = new ArrayList<>(List.of(program.toString(), target(address)));
        boolean piped = password.isPresent() && readsPassword();
        if (piped) {
            words.add(AUTOPASS);
        }
        ProcessBuilder viewer = new ProcessBuilder(words).inheritIO().redirectInput(input);
        password.ifPresent(secret -> viewer.environment().put(PASSWORD_VARIABLE, secret));
        if (piped) {
            viewer.redirectInput(Redirect.PIPE);
        }
        Process process = viewer.start();
        if (piped) {
            try (OutputStream in = process.getOutputStream()) {
                in.write((password.orElseThrow() + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        return process;
    }

    /** The notation with a port that all viewers have. */
    private static String target(VncAddress address) {
        if (address instanceof VncAddress.Socket socket) {
            return socket.path().toString();
        }
        VncAddress.Tcp tcp = (VncAddress.Tcp) address;
        String host = tcp.host().contains(":") ? "[" + tcp.host() + "]" : tcp.host();
        return host + "::" + tcp.port();
    }

    private boolean readsPassword() throws IOException {
        Process help = new ProcessBuilder(program.toString(), "-help")
                .redirectErrorStream(true)
                .start();
        help.getOutputStream().close();
        return new String(help.getInputStream().readNBytes(LONGEST_HELP), StandardCharsets.ISO_8859_1)
                .contains(AUTOPASS);
    }
}
