// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;

/**
 * Boots a real Xen for each class of the {@code lab} suite, runs it in dom0 and shows each test of it as one of
 * Maven's: {@code mvn verify -Plab}, {@code -Dlab.classes=.*Boot.*} for some of the classes. A class that brings its
 * host down takes no other with it, except those with the tag {@code shares-host}: they are short, and a boot takes
 * longer than their tests. {@code -Dlab.jobs=1} for a machine that cannot bear two at once: each emulates on
 * one processor most of the time, and has 4 GiB of memory.
 */
class LabIT {
    private static final int JOBS = Integer.getInteger("lab.jobs", 2);
    private static final String CLASSES = System.getProperty("lab.classes", ".*");

    private final Path tests = Path.of(System.getProperty("lab.tests"));
    private final Path reports = Path.of(System.getProperty("lab.reports"));

    /** The result of the classes of one boot: an exit status of {@code lab/suite}. */
    private record Run(List<String> testClasses, int status, LabReport report) {}

    @TestFactory
    Stream<DynamicNode> theSuiteInDom0() throws Exception {
        ExecutorService jobs = Executors.newFixedThreadPool(JOBS);
        try {
            List<Future<Run>> runs = new ArrayList<>();
            for (List<String> testClasses : boots()) {
                runs.add(jobs.submit(() -> run(testClasses)));
            }
            assertTrue(runs.size() > 0, "no class of tests has a name like " + CLASSES);
            List<DynamicNode> results = new ArrayList<>();
            for (Future<Run> run : runs) {
                for (String testClass : run.get().testClasses()) {
                    results.add(show(run.get(), testClass));
                }
            }
            return results.stream();
        } finally {
            jobs.shutdownNow();
        }
    }

    /** The classes of each boot; the boot that several classes share is the longest, so it comes first. */
    private List<List<String>> boots() throws IOException {
        Map<Boolean, List<String>> byTag =
                testClasses().stream().collect(Collectors.partitioningBy(name -> hasTag(name, "shares-host")));
        List<List<String>> boots = new ArrayList<>();
        if (!byTag.get(true).isEmpty()) {
            boots.add(byTag.get(true));
        }
        byTag.get(false).forEach(testClass -> boots.add(List.of(testClass)));
        return boots;
    }

    /** The suite's own rule: their names end in LabTest. A class that runs by command only has no host booted for it. */
    private List<String> testClasses() throws IOException {
        try (Stream<Path> files = Files.walk(tests)) {
            return files.map(file -> tests.relativize(file).toString())
                    .filter(file -> file.endsWith("LabTest.class"))
                    .map(file -> file.replaceAll("\\.class$", "").replace('/', '.'))
                    .filter(testClass -> testClass.matches(CLASSES))
                    .filter(testClass -> !hasTag(testClass, "lab-long"))
                    .sorted()
                    .toList();
        }
    }

    private static boolean hasTag(String testClass, String name) {
        try {
            Class<?> tests = Class.forName(testClass, false, LabIT.class.getClassLoader());
            return Arrays.stream(tests.getAnnotationsByType(Tag.class))
                    .anyMatch(tag -> tag.value().equals(name));
        } catch (ClassNotFoundException e) {
            throw new AssertionError(testClass + " is among the compiled tests and cannot be loaded", e);
        }
    }

    /** A test whose guest did not come up runs once more: {@link SilentGuestError}. */
    private Run run(List<String> testClasses) throws Exception {
        String name = testClasses.size() == 1 ? simpleName(testClasses.get(0)) : "shared";
        List<String> selectors = testClasses.stream()
                .flatMap(testClass -> Stream.of("--include-classname", literal(testClass)))
                .toList();
        Run run = run(testClasses, name, selectors);
        List<LabReport.Result> silent = run.report().silentGuests();
        if (silent.isEmpty()) {
            return run;
        }
        List<String> methods = silent.stream()
                .flatMap(test -> Stream.of("--include-methodname", literal(test.method())))
                .toList();
        silent.forEach(test -> System.out.printf(
                "%s| runs once more: %s: %s%n",
                name, test.method(), test.failure().orElseThrow()));
        Run again = run(testClasses, name + "-again", methods);
        return new Run(
                testClasses,
                Math.max(run.status(), again.status()),
                run.report().repeatedBy(again.report()));
    }

    /** Its output goes through this JVM: what a child writes past it, Maven takes for noise. */
    private Run run(List<String> testClasses, String name, List<String> selectors) throws Exception {
        Path directory = reports.resolve(name);
        List<String> command = new ArrayList<>(
                List.of(System.getProperty("lab.suite"), "--cpu-1g", "--reports", directory.toString()));
        command.addAll(selectors);
        long start = System.nanoTime();
        Process suite = new ProcessBuilder(command).redirectErrorStream(true).start();
        suite.getOutputStream().close();
        suite.inputReader().lines().forEach(line -> System.out.println(name + "| " + line));
        int status = suite.waitFor();
        System.out.printf(
                "%s| ended with status %d after %d s%n", name, status, (System.nanoTime() - start) / 1_000_000_000);
        return new Run(testClasses, status, LabReport.read(directory.resolve("TEST-junit-jupiter.xml")));
    }

    private static String literal(String name) {
        return name.replace(".", "\\.");
    }

    private static String simpleName(String testClass) {
        return StringUtils.substringAfterLast(testClass, ".");
    }

    private static DynamicContainer show(Run run, String testClass) {
        List<LabReport.Result> reported = run.report().of(testClass);
        List<DynamicTest> results = new ArrayList<>();
        for (LabReport.Result result : reported) {
            String name = simpleName(testClass) + "." + result.name();
            results.add(DynamicTest.dynamicTest(name, () -> replay(name, result)));
        }
        // A dom0 that died leaves no report of the test that killed it.
        results.add(DynamicTest.dynamicTest(simpleName(testClass) + " ran to its end", () -> {
            boolean ended = !reported.isEmpty() && run.status() <= 1;
            assertTrue(ended, "exit status " + run.status() + ", " + reported.size() + " tests reported");
        }));
        return DynamicContainer.dynamicContainer(simpleName(testClass), results);
    }

    private static void replay(String name, LabReport.Result result) {
        result.failure().ifPresent(failure -> {
            throw new AssertionError(name + " failed in dom0: " + failure);
        });
        if (result.skipped()) {
            throw new TestAbortedException("skipped in dom0");
        }
    }
}
