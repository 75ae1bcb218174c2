// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A QEMU that says what it is told to. */
final class QmpServer implements AutoCloseable {
    static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n";

    private final ServerSocketChannel server;
    private final Function<JsonObject, String> answers;
    private final String greeting;
    private final List<String> commands = new CopyOnWriteArrayList<>();

    private QmpServer(ServerSocketChannel server, String greeting, Function<JsonObject, String> answers) {
        this.server = server;
        this.greeting = greeting;
        this.answers = answers;
    }

    /** @param answers lines for each command but the first, which it agrees to */
    static QmpServer at(Path socket, Function<JsonObject, String> answers) {
        return at(socket, GREETING, answers);
    }

    static QmpServer at(Path socket, String greeting, Function<JsonObject, String> answers) {
        try {
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            channel.bind(UnixDomainSocketAddress.of(socket));
            QmpServer server = new QmpServer(channel, greeting, answers);
            Thread thread = new Thread(server::serve, "qmp-server");
            thread.setDaemon(true);
            thread.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it was asked, arguments included. */
    List<String> commands() {
        return List.copyOf(commands);
    }

    private void serve() {
        try {
            while (true) {
                try (SocketChannel client = server.accept()) {
                    serve(client);
                }
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private void serve(SocketChannel client) throws IOException {
        send(client, greeting);
        BufferedReader lines = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonObject request = JsonParser.parseString(line).getAsJsonObject();
            String command = request.get("execute").getAsString();
            if (command.equals("qmp_capabilities")) {
                send(client, "{\"return\": {}}\n");
            } else {
                commands.add(command + " " + request.get("arguments"));
                send(client, answers.apply(request));
            }
        }
    }

    private static void send(SocketChannel client, String text) throws IOException {
        client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
