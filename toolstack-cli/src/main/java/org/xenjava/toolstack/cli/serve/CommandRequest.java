// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.xenjava.toolstack.cli.output.Console;

/**
 * A command of another process. On the wire: the length in four bytes, the highest first, and the fields in this order,
 * separated by NUL.
 *
 * @param jar the jar that the caller would run
 * @param directory the caller's working directory
 * @param files the caller's mount namespace and the device and inode of its root directory: what paths lead to
 * @param terminals those of the caller's streams that are terminals; on the wire {@code out}, {@code err} or both
 * @param environment the caller's variables {@code TERM} and {@code NO_COLOR}
 * @param words the command and its arguments
 */
record CommandRequest(
        Path jar,
        Path directory,
        List<String> files,
        Set<Console.Stream> terminals,
        Map<String, String> environment,
        List<String> words) {
    /** The kernel's limit for the size of arguments. */
    private static final int MOST_BYTES = 1 << 21;

    private static final int WORDS = 7;

    /** Whether a path leads to the same file in the caller's process and in this one. */
    boolean hasFilesOfThisProcess() throws IOException {
        Map<String, Object> root = Files.readAttributes(Path.of("/"), "unix:dev,ino");
        return files.equals(List.of(
                Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString(),
                root.get("dev") + ":" + root.get("ino")));
    }

    static CommandRequest read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > MOST_BYTES) {
            throw new IOException("the request has " + length + " bytes, not 0 to " + MOST_BYTES);
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        List<String> fields = Arrays.asList(new String(bytes, StandardCharsets.UTF_8).split("\0", -1));
        if (fields.size() <= WORDS) {
            throw new IOException("the request has " + fields.size() + " fields, not more than " + WORDS);
        }
        Set<Console.Stream> terminals = EnumSet.noneOf(Console.Stream.class);
        if (fields.get(4).contains("out")) {
            terminals.add(Console.Stream.OUT);
        }
        if (fields.get(4).contains("err")) {
            terminals.add(Console.Stream.ERR);
        }
        return new CommandRequest(
                Path.of(fields.get(1)).resolve(fields.get(0)),
                Path.of(fields.get(1)),
                List.copyOf(fields.subList(2, 4)),
                terminals,
                Map.of("TERM", fields.get(5), "NO_COLOR", fields.get(6)),
                List.copyOf(fields.subList(WORDS, fields.size())));
    }
}
