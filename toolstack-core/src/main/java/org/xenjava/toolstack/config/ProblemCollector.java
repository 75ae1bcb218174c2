// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.ConfigProblem;

/** Collects the problems of a configuration, so that one exception reports all of them. */
final class ProblemCollector {
    private final List<ConfigProblem> problems = new ArrayList<>();
    private final Set<String> wrongKeys = new HashSet<>();

    /**
     * Adds a problem, unless one of the keys has a problem already, because the second may only follow from the first.
     *
     * @param complaint empty if the rule holds
     * @param keys the keys of xl.cfg that the rule looks at, the one to change first
     */
    ProblemCollector add(Optional<String> complaint, String... keys) {
        complaint.ifPresent(message -> add(new ConfigProblem(List.of(keys), message)));
        return this;
    }

    /** Makes a part of the configuration. If the part is invalid, returns empty and adds the part's problems. */
    <T> Optional<T> valid(Supplier<T> part) {
        try {
            return Optional.of(part.get());
        } catch (ConfigException e) {
            e.problems().forEach(this::add);
            return Optional.empty();
        }
    }

    private void add(ConfigProblem problem) {
        if (Collections.disjoint(wrongKeys, problem.keys())) {
            problems.add(problem);
            problem.keys().stream().findFirst().ifPresent(wrongKeys::add);
        }
    }

    /**
     * @param subject beginning of the message
     * @throws ConfigException if there are problems
     */
    void throwIfAny(String subject) {
        if (!problems.isEmpty()) {
            throw new ConfigException(
                    problems.stream().map(ConfigProblem::message).collect(Collectors.joining("; ", subject, "")),
                    problems);
        }
    }
}
