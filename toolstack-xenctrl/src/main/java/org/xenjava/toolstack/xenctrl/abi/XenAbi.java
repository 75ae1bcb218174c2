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

/** Every layout and number of one Xen release. Immutable. */
public final class XenAbi {
    private static final List<XenRelease> SUPPORTED = List.of(XenRelease.V4_17);

    private final XenRelease release;
    private final Map<String, StructLayout> structs = new LinkedHashMap<>();
    private final Map<String, Long> constants = new LinkedHashMap<>();

    private XenAbi(XenRelease release) {
        this.release = release;
        read("common.abi");
        read("xen-" + release + ".abi");
    }

    /** The releases that have a description here, oldest first. */
    public static List<XenRelease> supportedReleases() {
        return SUPPORTED;
    }

    /** The description of that release, if there is one. */
    public static Optional<XenAbi> of(XenRelease release) {
        return SUPPORTED.contains(release) ? Optional.of(new XenAbi(release)) : Optional.empty();
    }

    public XenRelease release() {
        return release;
    }

    /**
     * The layout of a struct, by its tag.
     *
     * @throws IllegalArgumentException if it is not described
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

    private void read(String resource) {
        AbiFile file = new AbiFile(resource, text(resource));
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
