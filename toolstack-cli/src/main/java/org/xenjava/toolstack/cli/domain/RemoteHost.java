// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.rehearsal.MigrationRehearsal;

/**
 * A host that is reached by a command of the shell, such as {@code ssh HOST xlj migrate-receive}, whose standard input and
 * output are the link.
 */
final class RemoteHost implements MigrationTarget {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteHost.class);

    /** The other end waits five minutes. */
    private static final Duration WARM_UP = Duration.ofSeconds(60);

    /** Text in quotes that a shell takes as it is. */
    private static final Pattern QUOTED = Pattern.compile("'[^']*'|\"[^\"\\\\$`]*\"");

    private static final String RECEIVE = "migrate-receive";
    private static final String FURTHER = RECEIVE + " --further";
    private static final String LIST = "vm-list";
    private static final int END_SECONDS = 10;
    private static final int ANSWER_SECONDS = 60;

    /** The longest answer that is read, in bytes: a table of some ten thousand domains. */
    private static final int MOST_BYTES = 1 << 20;

    private final String name;
    private final String receiver;

    private RemoteHost(String name, String receiver) {
        this.name = name;
        this.receiver = receiver;
    }

    /**
     * {@return the host that a shell command reaches; its name is {@code host} without a user}
     *
     * @param ssh the command before the host; if it is empty, {@code host} is the whole command line, as with xl
     * @param host name of the host
     * @param program the toolstack's command there, such as {@code xl}
     * @param options of the receiver, each after a blank
     */
    static RemoteHost of(String ssh, String host, String program, String options) {
        return new RemoteHost(
                ssh.isEmpty() ? host : host.substring(host.lastIndexOf('@') + 1),
                ssh.isEmpty() ? host : ssh + " " + host + " " + program + " " + RECEIVE + options);
    }

    /** {@return this host under another name, unless that is empty} */
    RemoteHost named(String other) {
        return other.isEmpty() ? this : new RemoteHost(other, receiver);
    }

    /**
     * A terminal sends its signals to all processes of the command line. {@code ssh} would end by them, and the receiver could not be told
     * that the migration was cancelled.
     */
    private static Process start(String command) throws IOException {
        return new ProcessBuilder("/bin/sh", "-c", "trap '' HUP INT QUIT; exec " + command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Kills the process and its children, which would hold its output open: the shell may run ssh through a script. */
    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public MigrationLink connect() throws IOException {
        ProcessLink link = new ProcessLink(receiver);
        warmUp();
        return link;
    }

    /** Makes this process fast for the part of a migration in which the guest is suspended. */
    static void warmUp() {
        LOG.info("warming up Java by a migration between two simulated hosts; the next lines are about these");
        if (MigrationRehearsal.warmUp(WARM_UP)) {
            LOG.info("warmed up");
        } else {
            LOG.warn("warming up Java by a migration between two simulated hosts failed; the real migration goes on");
        }
    }

    /**
     * The command before the verb of the receiver; empty if the verb is no word of its own there, or what remains of the line
     * when it ends behind another verb may mean something else to a shell: the verb is in quotes, behind a #, or inside a
     * group or a substitution.
     */
    private Optional<String> beforeVerb() {
        int verb = receiver.lastIndexOf(RECEIVE);
        int end = verb + RECEIVE.length();
        boolean isWord = verb > 0
                && receiver.charAt(verb - 1) == ' '
                && (end == receiver.length() || receiver.charAt(end) == ' ');
        return isWord && isPlainShell(receiver.substring(0, verb))
                ? Optional.of(receiver.substring(0, verb))
                : Optional.empty();
    }

    /** Whether a beginning of a line of the shell has only complete quotes, and no comment, group or substitution. */
    private static boolean isPlainShell(String line) {
        return !QUOTED.matcher(line).replaceAll("").chars().anyMatch(c -> "'\"\\#(`{$".indexOf(c) >= 0);
    }

    @Override
    public boolean isReachedAgain() {
        return beforeVerb().isPresent();
    }

    @Override
    public MigrationLink connect(MigrationToken token) throws IOException {
        String before =
                beforeVerb().orElseThrow(() -> new IOException("no command is known that reaches the receiver again"));
        ProcessLink link = new ProcessLink(before + FURTHER);
        boolean complete = false;
        try {
            link.write(ByteBuffer.wrap(token.bytes()));
            complete = true;
            return link;
        } finally {
            if (!complete) {
                link.close();
            }
        }
    }

    /** Asks with the command that lists the domains there. */
    @Override
    public Presence presence(UUID uuid, String name) throws IOException {
        int verb = receiver.lastIndexOf(RECEIVE);
        if (verb < 0) {
            throw new IOException("no command is known that asks the other host");
        }
        Process question = start(receiver.substring(0, verb) + LIST);
        CompletableFuture.delayedExecutor(ANSWER_SECONDS, TimeUnit.SECONDS).execute(() -> kill(question));
        question.getOutputStream().close();
        byte[] table = question.getInputStream().readNBytes(MOST_BYTES);
        if (table.length == MOST_BYTES) {
            kill(question);
            throw new IOException("the other host answers with more than a table of domains");
        }
        try {
            if (question.waitFor() != 0) {
                throw new IOException("the other host cannot be asked");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("asking the other host was interrupted", e);
        }
        return Presence.inTable(new String(table, StandardCharsets.UTF_8), uuid, name);
    }

    /**
     * Standard input and output of a process. A background process of the command may hold the output open after its end, and
     * Java cannot end a read of that, so a thread of its own reads.
     */
    private static final class ProcessLink implements MigrationLink, ByteChannel {
        private final Pipe answers = Pipe.open();
        private final Process process;
        private final WritableByteChannel requests;
        private final AtomicInteger writes = new AtomicInteger();

        private ProcessLink(String command) throws IOException {
            process = start(command);
            requests = new StreamChannel(process.getOutputStream());
            Thread reader = new Thread(this::passAnswersOn, "migration-link");
            reader.setDaemon(true);
            reader.start();
        }

        private void passAnswersOn() {
            try (InputStream output = process.getInputStream();
                    OutputStream sink = Channels.newOutputStream(answers.sink())) {
                output.transferTo(sink);
            } catch (IOException e) {
                LOG.debug("nobody reads the output of the receiver any more", e);
            }
        }

        @Override
        public ReadableByteChannel in() {
            return this;
        }

        @Override
        public WritableByteChannel out() {
            return this;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return answers.source().read(into);
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            writes.incrementAndGet();
            try {
                return requests.write(bytes);
            } finally {
                writes.decrementAndGet();
            }
        }

        @Override
        public boolean isOpen() {
            return answers.source().isOpen();
        }

        /**
         * A process that keeps a write waiting is killed. Another one is told by the end of its input, and killed if it does
         * not end then: a receiver on this host removes its domain first.
         */
        @Override
        public void close() throws IOException {
            try {
                endProcess();
            } finally {
                answers.source().close();
            }
        }

        private void endProcess() {
            if (writes.get() > 0) {
                kill(process);
                return;
            }
            try {
                requests.close();
            } catch (IOException e) {
                // The process has ended already.
            }
            try {
                if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                    kill(process);
                }
            } catch (InterruptedException e) {
                kill(process);
                Thread.currentThread().interrupt();
            }
        }
    }
}
