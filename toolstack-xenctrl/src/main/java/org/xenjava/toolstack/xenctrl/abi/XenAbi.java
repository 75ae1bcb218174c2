// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** All layouts and numbers of one Xen release. Immutable. */
public final class XenAbi {
    /** The name of the constant with an HVM guest's {@code XEN_X86_EMU_*}, as libxl of the release sets them. */
    public static final String HVM_EMULATION_FLAGS = "HVM_EMULATION_FLAGS";

    /** The descriptions that all releases share, by subject. */
    private static final List<String> COMMON = List.of("common.abi", "host.abi", "state.abi", "pv.abi");

    /** The descriptions that were read; each is read once. */
    private static final Map<XenRelease, XenAbi> DESCRIBED = new ConcurrentHashMap<>();

    private final XenRelease release;
    private final boolean complete;
    private final Map<String, StructLayout> structs = new LinkedHashMap<>();
    private final Map<String, Long> constants = new LinkedHashMap<>();

    private XenAbi(XenRelease release) {
        this.release = release;
        complete = true;
        COMMON.forEach(resource -> read(new AbiFile(resource, text(resource))));
        read(release);
    }

    private XenAbi(XenRelease later, XenAbi newest) {
        release = later;
        complete = false;
        structs.putAll(newest.structs);
    }

    /** The releases with a description, oldest first. */
    public static List<XenRelease> supportedReleases() {
        return Stream.iterate(XenRelease.V4_14, XenAbi::isDescribed, XenRelease::next)
                .toList();
    }

    /** The description of a release, if there is one. */
    public static Optional<XenAbi> of(XenRelease release) {
        return isDescribed(release) ? Optional.of(described(release)) : Optional.empty();
    }

    /** The description of the newest release. */
    public static XenAbi newest() {
        List<XenRelease> all = supportedReleases();
        return described(all.get(all.size() - 1));
    }

    private static XenAbi described(XenRelease release) {
        return DESCRIBED.computeIfAbsent(release, XenAbi::new);
    }

    /**
     * The stable interfaces of a release that is newer than every description, with the layouts of the newest one and
     * without release-dependent numbers.
     */
    public static XenAbi stableOf(XenRelease later) {
        return new XenAbi(later, newest());
    }

    /** Whether the release is described. Otherwise only its stable interfaces are known: one domctl and no sysctl. */
    public boolean isComplete() {
        return complete;
    }

    private static boolean isDescribed(XenRelease release) {
        return XenAbi.class.getResource(fileOf(release)) != null;
    }

    private static String fileOf(XenRelease release) {
        return "xen-" + release + ".abi";
    }

    public XenRelease release() {
        return release;
    }

    /**
     * Finds the layout of a struct by its tag.
     *
     * @throws IllegalArgumentException if the struct is not described
     */
    public StructLayout struct(String tag) {
        StructLayout layout = structs.get(tag);
        if (layout == null) {
            throw new IllegalArgumentException("no layout of struct " + tag + " for Xen " + release);
        }
        return layout;
    }

    /** All layouts. */
    public Collection<StructLayout> structs() {
        return Collections.unmodifiableCollection(structs.values());
    }

    /** Whether the release has a struct. */
    public boolean has(String tag) {
        return structs.containsKey(tag);
    }

    /** A number that differs between releases, by its macro's name. */
    public long constant(String macro) {
        Long value = constants.get(macro);
        if (value == null) {
            throw new IllegalArgumentException("no constant " + macro + " for Xen " + release);
        }
        return value;
    }

    /** All release-dependent numbers, by macro. */
    public Map<String, Long> constants() {
        return Collections.unmodifiableMap(constants);
    }

    /** Reads the base that the file names, then the file. */
    private void read(XenRelease described) {
        String resource = fileOf(described);
        AbiFile file = new AbiFile(resource, text(resource));
        file.base().ifPresent(this::read);
        read(file);
    }

    private void read(AbiFile file) {
        for (StructLayout layout : file.structs()) {
            structs.put(layout.name(), layout);
        }
        constants.putAll(file.constants());
    }

    private static String text(String resource) {
        try (InputStream in = XenAbi.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("missing resource " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
