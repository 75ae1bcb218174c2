// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A command of xl 4.17 on real Xen 4.17 with four CPUs, with its output.
 *
 * @param command the arguments of xl
 * @param out its standard output
 * @param status its exit status
 */
record Recording(String[] command, String out, int status) {
    private static final String PROMPT = "$ xl ";
    private static final String ERRORS = "\n--- standard error\n";
    private static final String EXIT = "\n--- exit ";

    static Recording of(String name) {
        String text = read("/host-resources/" + name + ".txt");
        int line = text.indexOf('\n');
        String rest = text.substring(line + 1);
        int exit = rest.lastIndexOf(EXIT);
        int errors = rest.indexOf(ERRORS);
        return new Recording(
                text.substring(PROMPT.length(), line).split(" "),
                rest.substring(0, errors >= 0 ? errors : exit),
                Integer.parseInt(rest.substring(exit + EXIT.length()).strip()));
    }

    private static String read(String resource) {
        try (InputStream in = Objects.requireNonNull(Recording.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
