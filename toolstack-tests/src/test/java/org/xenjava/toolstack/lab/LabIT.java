// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Boots a real Xen, runs the {@code lab} suite in its dom0 and shows each test of it as one of Maven's: {@code mvn
 * verify -Plab}, and {@code -Dlab.options='--include-classname .*Boot.*'} for a part of it.
 */
class LabIT {
    private final Path reports = Path.of(System.getProperty("lab.reports"));

    @TestFactory
    Stream<DynamicNode> theSuiteInDom0() throws Exception {
        deleteOldReports();
        int status = runSuite();
        List<DynamicNode> results = new ArrayList<>();
        for (Path report : reportFiles()) {
            results.addAll(read(report));
        }
        // A dom0 that died leaves no report of the test that killed it.
        results.add(DynamicTest.dynamicTest("the suite ran to its end", () -> {
            boolean failed = results.size() < 2 || status > 1;
            assertEquals(false, failed, "exit status " + status + ", " + results.size() + " test classes reported");
        }));
        return results.stream();
    }

    /** Its output goes through this JVM: what a child writes past it, Maven takes for noise. */
    private static int runSuite() throws Exception {
        List<String> command = new ArrayList<>(List.of(System.getProperty("lab.suite"), "--cpu-1g"));
        command.addAll(List.of(StringUtils.split(System.getProperty("lab.options", ""))));
        Process suite = new ProcessBuilder(command).redirectErrorStream(true).start();
        suite.inputReader().lines().forEach(System.out::println);
        return suite.waitFor();
    }

    private void deleteOldReports() throws IOException {
        for (Path report : reportFiles()) {
            Files.delete(report);
        }
    }

    private List<Path> reportFiles() throws IOException {
        if (!Files.isDirectory(reports)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(reports)) {
            return files.filter(file -> file.toString().endsWith(".xml"))
                    .sorted()
                    .toList();
        }
    }

    private static List<DynamicNode> read(Path report) throws Exception {
        NodeList cases = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(report.toFile())
                .getElementsByTagName("testcase");
        List<DynamicNode> tests = new ArrayList<>();
        for (int i = 0; i < cases.getLength(); i++) {
            Element testcase = (Element) cases.item(i);
            String name =
                    testcase.getAttribute("classname").replaceAll(".*\\.", "") + "." + testcase.getAttribute("name");
            tests.add(DynamicTest.dynamicTest(name, () -> replay(testcase)));
        }
        return tests.isEmpty()
                ? List.of()
                : List.of(DynamicContainer.dynamicContainer(report.getFileName().toString(), tests));
    }

    private static void replay(Element testcase) {
        for (String outcome : List.of("failure", "error")) {
            NodeList failures = testcase.getElementsByTagName(outcome);
            if (failures.getLength() > 0) {
                throw new AssertionError("in dom0: " + failures.item(0).getTextContent());
            }
        }
        if (testcase.getElementsByTagName("skipped").getLength() > 0) {
            throw new TestAbortedException("skipped in dom0");
        }
    }
}
