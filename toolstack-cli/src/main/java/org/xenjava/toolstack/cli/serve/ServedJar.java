// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The jar that a process runs, and its Java. After an upgrade of either one the files are others, and a process that has
 * the old ones can fail: the old Java starts programs by means of a file of the new one.
 *
 * @param file the jar
 * @param java files of Java
 * @param stamp identifies the content of all files
 */
record ServedJar(Path file, List<Path> java, String stamp) {
    static ServedJar ofThisProcess() throws IOException, URISyntaxException {
        Path home = Path.of(System.getProperty("java.home"));
        return of(
                Path.of(ServedJar.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI()),
                Stream.of("release", "lib/jspawnhelper", "lib/server/libjvm.so")
                        .map(home::resolve)
                        .filter(Files::exists)
                        .toList());
    }

    static ServedJar of(Path file, List<Path> java) throws IOException {
        return new ServedJar(file, java, stampOf(file, java));
    }

    private static String stampOf(Path file, List<Path> java) throws IOException {
        StringBuilder all = new StringBuilder(stampOf(file));
        for (Path other : java) {
            all.append(' ').append(stampOf(other));
        }
        return all.toString();
    }

    private static String stampOf(Path file) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime");
        return attributes.get("dev") + ":" + attributes.get("ino") + ":" + attributes.get("size") + ":"
                + attributes.get("lastModifiedTime");
    }

    /** Whether the files are still those that run. */
    boolean isCurrent() {
        try {
            return stampOf(file, java).equals(stamp);
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a path leads to the jar. */
    boolean isAt(Path path) {
        try {
            return Files.isSameFile(path, file);
        } catch (IOException e) {
            return false;
        }
    }
}
