// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.boot;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * The directories for the files of boot loaders, below {@code java.io.tmpdir}. The name of a directory has the identity
 * of its process, so that another process can remove it when its own has been killed.
 */
public final class BootDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(BootDirectory.class);
    private static final String PREFIX = "xenjava-boot-";

    /** The identity of a process: its PID namespace, its PID and its start time. */
    private static final Pattern IDENTITY = Pattern.compile("pid:\\[([0-9]+)] ([0-9]+) ([0-9]+)");

    private static final Pattern NAME = Pattern.compile(PREFIX + "([0-9]+)-([0-9]+)-([0-9]+)-[0-9]+");

    private BootDirectory() {}

    /** A new directory of a process, which only its user can enter. */
    static Path create(String process) throws IOException {
        Matcher identity = IDENTITY.matcher(process);
        return Files.createTempDirectory(
                identity.matches()
                        ? PREFIX + identity.group(1) + "-" + identity.group(2) + "-" + identity.group(3) + "-"
                        : PREFIX);
    }

    /** Removes the directories of processes that have ended. A failure keeps nobody from working. */
    public static void removeAbandoned() {
        try (DirectoryStream<Path> all =
                Files.newDirectoryStream(Path.of(System.getProperty("java.io.tmpdir")), PREFIX + "*")) {
            for (Path directory : all) {
                if (isAbandoned(directory)) {
                    LOG.info("{} belongs to a process that has ended, and is removed", directory);
                    remove(directory);
                }
            }
        } catch (IOException e) {
            LOG.warn("abandoned files of boot loaders cannot be looked for: {}", e.getMessage());
        }
    }

    /** Only this user's directory: nobody else can put a link in its place. */
    private static boolean isAbandoned(Path directory) throws IOException {
        Matcher name = NAME.matcher(directory.getFileName().toString());
        if (!name.matches() || !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        String process = "pid:[" + name.group(1) + "] " + name.group(2) + " " + name.group(3);
        String owner = Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).getName();
        return owner.equals(System.getProperty("user.name"))
                && ProcessIdentity.ofProc().liveness(process) == Liveness.DEAD;
    }

    /** Removes a directory and its files. */
    static void remove(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed: {}", directory, e.getMessage());
        }
    }
}
