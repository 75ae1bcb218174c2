// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The jar that a process runs. After an upgrade the file is another one.
 *
 * @param file its path
 * @param stamp identifies the file's content
 */
record ServedJar(Path file, String stamp) {
    static ServedJar ofThisProcess() throws IOException, URISyntaxException {
        return of(Path.of(ServedJar.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI()));
    }

    static ServedJar of(Path file) throws IOException {
        return new ServedJar(file, stampOf(file));
    }

    private static String stampOf(Path file) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime");
        return attributes.get("dev") + ":" + attributes.get("ino") + ":" + attributes.get("size") + ":"
                + attributes.get("lastModifiedTime");
    }

    /** Whether the file is still the one that runs. */
    boolean isCurrent() {
        try {
            return stampOf(file).equals(stamp);
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a path leads to the file. */
    boolean isAt(Path path) {
        try {
            return Files.isSameFile(path, file);
        } catch (IOException e) {
            return false;
        }
    }
}
