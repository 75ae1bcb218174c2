// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Boots a real Xen for each class of the {@code lab} suite, runs it in dom0 and shows each test of it as one of
 * Maven's: {@code mvn verify -Plab}, {@code -Dlab.classes=.*Boot.*} for some of the classes. A class that brings its
 * host down takes no other with it. {@code -Dlab.jobs=1} for a machine that cannot bear two at once: each emulates on
 * one processor most of the time, and has 4 GiB of memory.
 */
class LabIT {
    private static final int JOBS = Integer.getInteger("lab.jobs", 2);
    private static final String CLASSES = System.getProperty("lab.classes", ".*");

    private final Path tests = Path.of(System.getProperty("lab.tests"));
    private final Path reports = Path.of(System.getProperty("lab.reports"));

    /** The result of one class of tests: an exit status of {@code lab/suite}. */
    private record Run(String testClass, int status, Path report) {}

    @TestFactory
    Stream<DynamicNode> theSuiteInDom0() throws Exception {
        ExecutorService jobs = Executors.newFixedThreadPool(JOBS);
        try {
            List<Future<Run>> runs = new ArrayList<>();
            for (String testClass : testClasses()) {
                runs.add(jobs.submit(() -> run(testClass)));
            }
            assertTrue(runs.size() > 0, "no class of tests has a name like " + CLASSES);
            List<DynamicNode> results = new ArrayList<>();
            for (Future<Run> run : runs) {
                results.add(show(run.get()));
            }
            return results.stream();
        } finally {
            jobs.shutdownNow();
        }
    }

    /** The suite's own rule: their names end in LabTest. A class that runs by command only has no host booted for it. */
    private List<String> testClasses() throws IOException {
        try (Stream<Path> files = Files.walk(tests)) {
            return files.map(file -> tests.relativize(file).toString())
                    .filter(file -> file.endsWith("LabTest.class"))
                    .map(file -> file.replaceAll("\\.class$", "").replace('/', '.'))
                    .filter(testClass -> testClass.matches(CLASSES))
                    .filter(testClass -> !runsByCommandOnly(testClass))
                    .sorted()
                    .toList();
        }
    }

    private static boolean runsByCommandOnly(String testClass) {
        try {
            Class<?> tests = Class.forName(testClass, false, LabIT.class.getClassLoader());
            return Arrays.stream(tests.getAnnotationsByType(Tag.class))
                    .anyMatch(tag -> tag.value().equals("lab-long"));
        } catch (ClassNotFoundException e) {
            throw new AssertionError(testClass + " is among the compiled tests and cannot be loaded", e);
        }
    }

    /** Its output goes through this JVM: what a child writes past it, Maven takes for noise. */
    private Run run(String testClass) throws Exception {
        String name = StringUtils.substringAfterLast(testClass, ".");
        Path report = reports.resolve(name);
        List<String> command = List.of(
                System.getProperty("lab.suite"),
                "--cpu-1g",
                "--reports",
                report.toString(),
                "--include-classname",
                testClass.replace(".", "\\."));
        long start = System.nanoTime();
        Process suite = new ProcessBuilder(command).redirectErrorStream(true).start();
        suite.getOutputStream().close();
        suite.inputReader().lines().forEach(line -> System.out.println(name + "| " + line));
        int status = suite.waitFor();
        System.out.printf(
                "%s| ended with status %d after %d s%n", name, status, (System.nanoTime() - start) / 1_000_000_000);
        return new Run(name, status, report.resolve("TEST-junit-jupiter.xml"));
    }

    private static DynamicContainer show(Run run) {
        List<DynamicTest> results = new ArrayList<>();
        if (Files.exists(run.report())) {
            results.addAll(read(run.report()));
        }
        // A dom0 that died leaves no report of the test that killed it.
        results.add(DynamicTest.dynamicTest(run.testClass() + " ran to its end", () -> {
            boolean ended = results.size() > 1 && run.status() <= 1;
            assertTrue(ended, "exit status " + run.status() + ", " + (results.size() - 1) + " tests reported");
        }));
        return DynamicContainer.dynamicContainer(run.testClass(), results);
    }

    private static List<DynamicTest> read(Path report) {
        try {
            NodeList cases = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(report.toFile())
                    .getElementsByTagName("testcase");
            List<DynamicTest> tests = new ArrayList<>();
            for (int i = 0; i < cases.getLength(); i++) {
                Element testcase = (Element) cases.item(i);
                String name = testcase.getAttribute("classname").replaceAll(".*\\.", "") + "."
                        + testcase.getAttribute("name");
                tests.add(DynamicTest.dynamicTest(name, () -> replay(name, testcase)));
            }
            return tests;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new AssertionError(report + " is no report of JUnit", e);
        }
    }

    private static void replay(String name, Element testcase) {
        for (String outcome : List.of("failure", "error")) {
            NodeList failures = testcase.getElementsByTagName(outcome);
            if (failures.getLength() > 0) {
                throw new AssertionError(
                        name + " failed in dom0: " + failures.item(0).getTextContent());
            }
        }
        if (testcase.getElementsByTagName("skipped").getLength() > 0) {
            throw new TestAbortedException("skipped in dom0");
        }
    }
}
