// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The Java files of all modules. */
final class JavaSources {
    private JavaSources() {}

    static List<Path> all() {
        return in("src");
    }

    static List<Path> ofTests() {
        return in("src/test");
    }

    private static List<Path> in(String folder) {
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            return modules.map(module -> module.resolve(folder))
                    .filter(Files::isDirectory)
                    .flatMap(JavaSources::walk)
                    .filter(file -> file.toString().endsWith(".java"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Path> walk(Path directory) {
        try {
            return Files.walk(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
