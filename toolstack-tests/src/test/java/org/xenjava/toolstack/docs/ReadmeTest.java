// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeTest {
    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

    private static String readme() throws IOException {
        return Files.readString(REPOSITORY.resolve("README.md"));
    }

    @Test
    void theProgramCompiles(@TempDir Path directory) throws IOException {
        Matcher program = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme());
        assertTrue(program.find(), "the README shows a program");
        Path source = Files.writeString(directory.resolve("RunGuest.java"), program.group(1));

        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        boolean compiled = compiler.getTask(
                        messages,
                        null,
                        null,
                        List.of("-d", directory.toString(), "-cp", System.getProperty("java.class.path"), "-proc:none"),
                        null,
                        compiler.getStandardFileManager(null, null, null).getJavaFileObjects(source))
                .call();
        assertEquals("", messages.toString());
        assertTrue(compiled);
    }

    @Test
    void everyLinkIntoTheRepositoryLeadsSomewhere() throws IOException {
        Matcher link = Pattern.compile("]\\((?!https?:)([^)#]+)").matcher(readme());
        int links = 0;
        while (link.find()) {
            assertTrue(Files.exists(REPOSITORY.resolve(link.group(1))), link.group(1));
            links++;
        }
        assertTrue(links > 0);
    }
}
