// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.xenjava.toolstack.cli.command.Caller;
import org.xenjava.toolstack.cli.command.OwnProcessNeededException;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.libxl.LibxlConfig;

/** The process that has sent a command to this one. */
final class RemoteCaller implements Caller {
    /** A word of a configuration or an argument that is no key. */
    private static final Pattern WORD = Pattern.compile("[^\\s\"'\\[\\](),;=]++(?!\\s*=)");

    /** A line that is a comment, whose words name no file. */
    private static final Pattern COMMENT = Pattern.compile("(?m)^[ \\t]*#.*$");

    private final Path directory;
    private final Frames frames;
    private final List<Runnable> stops = new ArrayList<>();
    private Optional<Thread> thread = Optional.empty();
    private boolean stopped;
    private boolean ended;
    private volatile boolean refused;

    RemoteCaller(Path directory, Frames frames) {
        this.directory = directory;
        this.frames = frames;
    }

    @Override
    public <T> T untilStopped(Runnable stop, Supplier<T> work) {
        if (begin(stop)) {
            stop.run();
        }
        try {
            return work.get();
        } finally {
            end(stop);
        }
    }

    private synchronized boolean begin(Runnable stop) {
        stops.add(stop);
        return stopped;
    }

    private synchronized void end(Runnable stop) {
        stops.remove(stop);
    }

    /** Stops the command: as it has asked to be stopped, or by an interrupt of its thread. */
    synchronized void stop() {
        stopped = true;
        if (ended) {
            return;
        }
        if (stops.isEmpty()) {
            thread.ifPresent(frames::interrupt);
        } else {
            stops.forEach(Runnable::run);
        }
    }

    /** This thread runs the command. */
    synchronized void commandBegins() {
        thread = Optional.of(Thread.currentThread());
        if (stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** The command has ended: a signal that comes now has nothing to stop. */
    synchronized void commandEnded() {
        ended = true;
    }

    @Override
    public Path path(String word) {
        return directory.resolve(word);
    }

    @Override
    public void requireThisProcess() {
        throw refused();
    }

    @Override
    public void requireNoRelativeFile(Path config, List<String> lines) {
        List<String> texts = new ArrayList<>(lines);
        try {
            String text = Files.readString(config, StandardCharsets.ISO_8859_1);
            texts.add(COMMENT.matcher(text).replaceAll(""));
        } catch (IOException e) {
            // The command reports that it cannot be read.
        }
        if (namesRelativeFile(texts)) {
            throw refused();
        }
    }

    /** Checks the values themselves, which may contain what ends a word in {@link #WORD}. */
    @Override
    public void requireNoFileOfCaller(DomainConfig config) {
        boolean needsDisplay = config.hvm()
                .filter(machine -> machine.graphics().sdl().isPresent())
                .isPresent();
        if (needsDisplay
                || hasRelativeFile(JsonParser.parseString(LibxlConfig.of(config).text()))) {
            throw refused();
        }
    }

    private boolean hasRelativeFile(JsonElement value) {
        if (value instanceof JsonObject members) {
            return members.entrySet().stream().anyMatch(member -> hasRelativeFile(member.getValue()));
        }
        if (value instanceof JsonArray items) {
            return StreamSupport.stream(items.spliterator(), false).anyMatch(this::hasRelativeFile);
        }
        return value.isJsonPrimitive() && isRelativeFile(value.getAsString());
    }

    /**
     * Whether a part of a text is a relative path of a file: in this process the path leads elsewhere, so the command is
     * refused.
     */
    boolean namesRelativeFile(List<String> texts) {
        boolean found = texts.stream()
                .flatMap(text -> Stream.concat(
                        Stream.of(text.split("[,=]")),
                        WORD.matcher(text).results().map(MatchResult::group)))
                // Also behind a prefix, as in file:web.img.
                .flatMap(word -> Stream.of(word, word.replaceFirst(".*:", "")))
                .anyMatch(this::isRelativeFile);
        refused |= found;
        return found;
    }

    private OwnProcessNeededException refused() {
        refused = true;
        return new OwnProcessNeededException();
    }

    /** Whether the command must run in a process of its own. */
    boolean isRefused() {
        return refused;
    }

    /** Whether a word is a relative path that leads to a file here or in the caller's directory. */
    private boolean isRelativeFile(String word) {
        try {
            return !word.isEmpty()
                    && !word.startsWith("/")
                    && (Files.exists(directory.resolve(word)) || Files.exists(Path.of(word)));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
