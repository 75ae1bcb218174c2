// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.text.Visible;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The keys of a file about physical CPUs and NUMA nodes: {@code cpus}, {@code cpus_soft}, {@code cpu_weight}, {@code cap},
 * {@code pool}, {@code vnuma}.
 */
final class XlPlacementSection {
    private static final String VNUMA = "vnuma";
    private static final int MOST_VCPUS = 4096;

    private final XlSettings settings;

    XlPlacementSection(XlSettings settings) {
        this.settings = settings;
    }

    CpuPlacement placement(int maxVcpus) {
        List<CpuList> hard = lists("cpus", maxVcpus);
        List<CpuList> soft = lists("cpus_soft", maxVcpus);
        OptionalInt weight = number("cpu_weight");
        OptionalInt cap = number("cap");
        Optional<String> pool = settings.text("pool");
        return settings.valid(() -> new CpuPlacement(hard, soft, weight, cap, pool))
                .orElse(CpuPlacement.DEFAULT);
    }

    private OptionalInt number(String key) {
        return settings.integer(key).map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    /** A text is for all vCPUs; a list has an element for each, and those beyond its end run anywhere. */
    private List<CpuList> lists(String key, int maxVcpus) {
        boolean each = settings.isList(key);
        List<CpuList> read = settings.textOrTexts(key).stream()
                .flatMap(text -> list(key, text).stream())
                .toList();
        if (each || read.isEmpty()) {
            return read.subList(0, Math.min(read.size(), maxVcpus));
        }
        return read.get(0).equals(CpuList.parse("all")) ? List.of() : Collections.nCopies(maxVcpus, read.get(0));
    }

    private Optional<CpuList> list(String key, String text) {
        try {
            return Optional.of(CpuList.parse(text));
        } catch (ConfigException e) {
            settings.complain(key, "'" + key + "': " + e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * The nodes that the guest sees; none if the file has no {@code vnuma}, or a wrong one, which is reported. The value is a
     * list with a list for each node, of {@code "pnode=N"}, {@code "size=MIB"}, {@code "vcpus=0-1,4"} and {@code
     * "vdistances=10,20"}. As in xl, an option other than the size that is missing is 0 or empty, and so is each distance
     * behind the end of its list.
     */
    List<VirtualNode> virtualNodes() {
        List<List<String>> lists = settings.lists(VNUMA);
        List<VirtualNode> nodes = new ArrayList<>();
        for (List<String> options : lists) {
            try {
                nodes.add(new NodeOptions(lists.size(), settings).read(options));
            } catch (ConfigException e) {
                settings.complain(VNUMA, "'vnuma', node " + nodes.size() + ": " + e.getMessage());
                return List.of();
            }
        }
        return nodes;
    }

    /** The number of vCPUs of all nodes, which is xl's default of {@code maxvcpus}. */
    static int vcpusOf(List<VirtualNode> nodes) {
        return nodes.stream().mapToInt(node -> node.vcpus().size()).sum();
    }

    /** The memory of all nodes, which is xl's default of {@code maxmem}. */
    static KiB memoryOf(List<VirtualNode> nodes) {
        return nodes.stream().map(VirtualNode::memory).reduce(KiB.ZERO, KiB::plus);
    }

    /** The options of a node, as text for an xl.cfg. */
    static List<String> options(VirtualNode node) {
        String distances = StringUtils.join(node.distances(), ',');
        return Stream.of(
                        "pnode=" + node.physicalNode(),
                        "size=" + node.memory().toMiB(),
                        node.vcpus().isEmpty() ? "" : "vcpus=" + node.vcpus(),
                        "vdistances=" + distances)
                .filter(option -> !option.isEmpty())
                .toList();
    }

    /** The options of one node. */
    private static final class NodeOptions {
        private final int count;
        private final XlSettings settings;
        private int physicalNode;
        private Optional<KiB> memory = Optional.empty();
        private CpuSet vcpus = CpuSet.NONE;
        private List<Integer> distances = List.of();

        NodeOptions(int count, XlSettings settings) {
            this.count = count;
            this.settings = settings;
        }

        VirtualNode read(List<String> options) {
            for (String option : options) {
                if (option.indexOf('=') < 0 || option.endsWith("=")) {
                    throw new ConfigException("\"" + Visible.text(option) + "\" is not of the form KEY=VALUE");
                }
                set(
                        StringUtils.substringBefore(option, "=").strip(),
                        StringUtils.substringAfter(option, "=").strip());
            }
            KiB size = memory.orElseThrow(() -> new ConfigException("size is missing"));
            List<Integer> padded = new ArrayList<>(distances);
            while (padded.size() < count) {
                padded.add(0);
            }
            return new VirtualNode(physicalNode, size, vcpus, padded);
        }

        private void set(String option, String value) {
            switch (option) {
                case "pnode" -> physicalNode = number(option, value);
                case "size" -> memory = Optional.of(KiB.ofMiB(number(option, value)));
                case "vcpus" -> elements(value).forEach(range -> vcpus = vcpus.plus(vcpus(range)));
                case "vdistances" ->
                    distances = elements(value)
                            .map(element -> number(option, element))
                            .toList();
                default ->
                    settings.warn(VNUMA, "'vnuma' has \"" + Visible.text(option) + "\", which is ignored, as xl does");
            }
        }

        private static Stream<String> elements(String value) {
            return Stream.of(StringUtils.split(value, ',')).map(String::strip);
        }

        private static CpuSet vcpus(String range) {
            String first = StringUtils.substringBefore(range, "-");
            int from = number("vcpus", first);
            int to = range.indexOf('-') < 0 ? from : number("vcpus", StringUtils.substringAfter(range, "-"));
            if (to < from || to >= MOST_VCPUS) {
                throw new ConfigException("vcpus has \"" + Visible.text(range) + "\"");
            }
            return CpuSet.range(from, to);
        }

        private static int number(String option, String text) {
            if (text.length() > 9 || !StringUtils.isNumeric(text)) {
                throw new ConfigException(option + " has \"" + Visible.text(text) + "\", which is not a number");
            }
            return Integer.parseInt(text);
        }
    }
}
