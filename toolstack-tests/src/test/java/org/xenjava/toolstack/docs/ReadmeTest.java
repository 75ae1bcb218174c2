// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

class ReadmeTest {
    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

    private static String readme() throws IOException {
        return Files.readString(REPOSITORY.resolve("README.md"));
    }

    private static List<String> programs() throws IOException {
        return programs(readme());
    }

    private static List<String> programs(String page) {
        return Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(page)
                .results()
                .map(block -> block.group(1))
                .toList();
    }

    private static String className(String program) {
        Matcher declaration =
                Pattern.compile("^class (\\w+)", Pattern.MULTILINE).matcher(program);
        assertTrue(declaration.find(), program);
        return declaration.group(1);
    }

    private static void compile(String program, Path directory) throws IOException {
        Path source = Files.writeString(directory.resolve(className(program) + ".java"), program);
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
    void theProgramsCompile(@TempDir Path directory) throws IOException {
        List<String> programs = programs();
        assertEquals(
                List.of("RunGuest", "WebGuestTest"),
                programs.stream().map(ReadmeTest::className).toList());
        for (String program : programs) {
            compile(program, directory);
        }
    }

    @Test
    void theProgramsOfTheMicrometerModuleCompile(@TempDir Path directory) throws IOException {
        List<String> programs = programs(Files.readString(REPOSITORY.resolve("toolstack-micrometer/README.md")));
        assertEquals(
                List.of("MeteredGuard", "MeteredHost", "MeteredBalancer"),
                programs.stream().map(ReadmeTest::className).toList());
        for (String program : programs) {
            compile(program, directory);
        }
    }

    @Test
    void theTestsInItPass(@TempDir Path directory) throws IOException, ReflectiveOperationException {
        compile(programs().get(1), directory);
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
            SummaryGeneratingListener results = new SummaryGeneratingListener();
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(selectClass(loader.loadClass("WebGuestTest")))
                                    .build(),
                            results);
            assertEquals(2, results.getSummary().getTestsSucceededCount());
            assertEquals(List.of(), results.getSummary().getFailures());
        }
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
