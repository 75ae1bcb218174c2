// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.MethodFilter;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class LabReportTest {
    @TempDir
    Path directory;

    @Test
    void aTestWithASilentGuestIsToldFromOneThatFailed() throws IOException {
        LabReport report = report(failing("a", "org.xenjava.toolstack.lab.SilentGuestError: waited PT4M")
                + failing("b", "java.lang.AssertionError: 3 instead of 2")
                + passing("c"));
        assertEquals(
                List.of("a()"),
                report.silentGuests().stream().map(LabReport.Result::name).toList());
        assertEquals("lab.FirstLabTest#a", report.silentGuests().get(0).method());
    }

    @Test
    void junitFindsATestByItsMethod() {
        LabReport.Result result = new LabReport.Result(
                LabReportTest.class.getName(), "junitFindsATestByItsMethod()", Optional.empty(), false);
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(LabReportTest.class))
                .filters(MethodFilter.includeMethodNamePatterns(result.method()))
                .build();
        TestPlan found = LauncherFactory.create().discover(request);
        assertEquals(1, found.countTestIdentifiers(TestIdentifier::isTest));
    }

    @Test
    void theRepetitionCountsForTheTestsThatItRan() throws IOException {
        LabReport first = report(failing("a", "org.xenjava.toolstack.lab.SilentGuestError: waited PT4M")
                + failing("b", "java.lang.AssertionError: 3 instead of 2"));
        LabReport both = first.repeatedBy(report(passing("a")));
        assertEquals(
                List.of(Optional.empty(), Optional.of("java.lang.AssertionError: 3 instead of 2")),
                both.of("lab.FirstLabTest").stream()
                        .map(LabReport.Result::failure)
                        .toList());
    }

    @Test
    void aHostThatDiedLeavesNoResults() throws IOException {
        assertTrue(LabReport.read(directory.resolve("none.xml")).results().isEmpty());
    }

    private static String passing(String method) {
        return "<testcase name=\"%s()\" classname=\"lab.FirstLabTest\"/>".formatted(method);
    }

    private static String failing(String method, String error) {
        return "<testcase name=\"%s()\" classname=\"lab.FirstLabTest\"><failure>%s</failure></testcase>"
                .formatted(method, error);
    }

    private LabReport report(String tests) throws IOException {
        Path file = Files.createTempFile(directory, "report", ".xml");
        return LabReport.read(Files.writeString(file, "<testsuite>" + tests + "</testsuite>"));
    }
}
