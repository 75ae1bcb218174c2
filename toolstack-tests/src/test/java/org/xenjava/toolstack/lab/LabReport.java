// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** The tests of one boot, as JUnit's XML report has them. */
record LabReport(List<Result> results) {
    /**
     * One test.
     *
     * @param testClass fully qualified
     * @param name the method's with parentheses, and what a parameterized test adds
     * @param failure what it threw
     */
    record Result(String testClass, String name, Optional<String> failure, boolean skipped) {
        /** As JUnit's option {@code --include-methodname} names it. */
        String method() {
            return testClass + "#" + name.replaceFirst("\\(.*", "");
        }

        boolean isOf(Result other) {
            return testClass.equals(other.testClass) && name.equals(other.name);
        }

        boolean silentGuest() {
            return failure.filter(text -> text.contains(SilentGuestError.class.getName()))
                    .isPresent();
        }
    }

    /** Reads the report; empty if the host crashed before JUnit wrote it. */
    static LabReport read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return new LabReport(List.of());
        }
        try {
            NodeList cases = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(file.toFile())
                    .getElementsByTagName("testcase");
            List<Result> results = new ArrayList<>();
            for (int i = 0; i < cases.getLength(); i++) {
                Element test = (Element) cases.item(i);
                results.add(new Result(
                        test.getAttribute("classname"),
                        test.getAttribute("name"),
                        text(test, "failure").or(() -> text(test, "error")),
                        text(test, "skipped").isPresent()));
            }
            return new LabReport(results);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(file + " is no report of JUnit", e);
        }
    }

    private static Optional<String> text(Element test, String outcome) {
        NodeList found = test.getElementsByTagName(outcome);
        return found.getLength() == 0
                ? Optional.empty()
                : Optional.of(found.item(0).getTextContent());
    }

    List<Result> of(String testClass) {
        return results.stream()
                .filter(result -> result.testClass().equals(testClass))
                .toList();
    }

    /** The tests whose Linux guest did not come up. */
    List<Result> silentGuests() {
        return results.stream().filter(Result::silentGuest).toList();
    }

    /** This report, with the results of the tests that ran once more in the place of their first results. */
    LabReport repeatedBy(LabReport again) {
        return new LabReport(results.stream()
                .map(first ->
                        again.results().stream().filter(first::isOf).findFirst().orElse(first))
                .toList());
    }
}
