// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.CpuSet;

/**
 * Physical CPUs as xl's files and commands name them: {@code all}, or elements separated by commas. An element is a
 * number or a range of CPUs, or of NUMA nodes after {@code node:}. Elements are applied from left to right; {@code ^}
 * before an element removes its CPUs. An example is {@code 0-3,^2,node:1}. A list that means the same on every host is
 * kept as the set that it means, so that {@code 0-3,^2} equals {@code 0-1,3}.
 */
public final class CpuList {
    private static final Pattern ELEMENT = Pattern.compile("(\\^?)(nodes?:)?(?:(all)|(\\d{1,5})(?:-(\\d{1,5}))?)");

    /** Xen has at most this many. */
    private static final int MOST_CPUS = 4096;

    private final String text;
    private final List<Element> elements;

    private CpuList(String text, List<Element> elements) {
        this.text = text;
        this.elements = List.copyOf(elements);
    }

    /** The operation of an element on its CPUs. */
    private enum Action {
        ADD,
        REMOVE
    }

    /** The unit of the numbers of an element. */
    private enum Unit {
        CPU,
        NODE
    }

    private record Element(Action action, Unit unit, int first, int last) {
        boolean covers(int number) {
            return number >= first && number <= last;
        }
    }

    /**
     * Reads a list.
     *
     * @param text the list
     * @return the list
     * @throws ConfigException if the text is no list
     */
    public static CpuList parse(String text) {
        List<Element> elements = new ArrayList<>();
        for (String part : text.strip().split("\\s*,\\s*", -1)) {
            Matcher matcher = ELEMENT.matcher(part);
            if (!matcher.matches()) {
                throw new ConfigException(
                        "'" + text + "' is no list of CPUs: '" + part + "' is none of N, N-M, node:N, all, ^N");
            }
            boolean remove = !matcher.group(1).isEmpty();
            boolean all = matcher.group(3) != null;
            if (remove && all) {
                throw new ConfigException("'" + text + "' is no list of CPUs: ^ and all cannot be combined");
            }
            int first = all ? 0 : Integer.parseInt(matcher.group(4));
            String end = matcher.group(5);
            int last = all ? Integer.MAX_VALUE : end == null ? first : Integer.parseInt(end);
            if (last < first) {
                throw new ConfigException("'" + text + "' is no list of CPUs: " + part + " ends before it begins");
            }
            elements.add(new Element(
                    remove ? Action.REMOVE : Action.ADD, matcher.group(2) == null ? Unit.CPU : Unit.NODE, first, last));
        }
        CpuList list = new CpuList(text.strip(), elements);
        return list.numbers()
                .filter(cpus -> !cpus.equals(CpuSet.NONE) && !cpus.toString().equals(list.text))
                .map(CpuList::of)
                .orElse(list);
    }

    /**
     * {@return the list of all CPUs of a set}
     *
     * @param cpus at least one CPU
     */
    public static CpuList of(CpuSet cpus) {
        return parse(cpus.toString());
    }

    /** {@return the CPUs of a list that means the same on every host; empty if it names NUMA nodes or all CPUs} */
    public Optional<CpuSet> numbers() {
        int last = elements.stream().mapToInt(Element::last).max().orElse(-1);
        boolean everywhere = last < MOST_CPUS && elements.stream().allMatch(element -> element.unit() == Unit.CPU);
        return everywhere ? Optional.of(on(Collections.nCopies(last + 1, 0))) : Optional.empty();
    }

    /**
     * {@return the CPUs of the list on a host} CPUs that the host does not have are left out.
     *
     * @param nodes the NUMA node of each CPU of the host; -1 for a CPU that is not there
     */
    public CpuSet on(List<Integer> nodes) {
        CpuSet result = CpuSet.NONE;
        for (Element element : elements) {
            CpuSet cpus = CpuSet.NONE;
            for (int cpu = 0; cpu < nodes.size(); cpu++) {
                boolean covered = element.unit() == Unit.CPU
                        ? element.covers(cpu)
                        : nodes.get(cpu) >= 0 && element.covers(nodes.get(cpu));
                cpus = covered ? cpus.plus(CpuSet.of(cpu)) : cpus;
            }
            result = element.action() == Action.ADD ? result.plus(cpus) : result.minus(cpus);
        }
        return result;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuList list && elements.equals(list.elements);
    }

    @Override
    public int hashCode() {
        return elements.hashCode();
    }

    /** {@return the set that the list means on every host, such as {@code 0-1,3}; or else the list as it was written} */
    @Override
    public String toString() {
        return text;
    }
}
