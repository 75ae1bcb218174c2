// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.boot;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.image.DataImage;
import org.xenjava.toolstack.image.PvhImagePlan.LoadedFile;

/**
 * The PV shim: a Xen that starts as a PVH guest and runs the kernel of a PV guest, which it finds as its first module.
 *
 * @param file path of the shim; a relative path is relative to Xen's directory of firmware
 * @param commandLine the shim's command line
 */
public record PvShim(Path file, String commandLine) {
    private static final String FILE = "xen-shim";

    /** libxl's default. */
    private static final String COMMAND_LINE = "pv-shim console=xen,pv";

    /** The shim of a guest; empty if it has none. */
    public static Optional<PvShim> of(DomainConfig config) {
        Map<DescribedKey, String> keys = config.describedKeys();
        if (!keys.containsKey(DescribedKey.PVSHIM)) {
            return Optional.empty();
        }
        String more = keys.getOrDefault(DescribedKey.PVSHIM_EXTRA, "");
        return Optional.of(new PvShim(
                Path.of(keys.getOrDefault(DescribedKey.PVSHIM_PATH, FILE)),
                keys.getOrDefault(DescribedKey.PVSHIM_CMDLINE, COMMAND_LINE) + (more.isEmpty() ? "" : " " + more)));
    }

    /**
     * Refuses populate-on-demand: the shim keeps about 24 MiB, which no balloon driver returns, so that Xen would owe the
     * guest these pages for ever. Refuses virtual NUMA nodes, which the shim does not show to the PV guest.
     */
    public void requireBuildable(DomainConfig config) {
        if (config.populateOnDemand()) {
            throw new ConfigException("domain " + config.name() + ": pvshim: maxmem exceeds memory, but the shim keeps"
                    + " memory that no balloon driver returns: set maxmem to memory");
        }
        if (!config.virtualNodes().isEmpty()) {
            throw new ConfigException(
                    "domain " + config.name() + ": pvshim: the PV guest inside the shim does not see the"
                            + " nodes of vnuma: remove one of the two keys");
        }
    }

    /** The modules of the shim. */
    public List<LoadedFile> files(DataImage kernel, String kernelCommandLine, Optional<DataImage> ramdisk) {
        List<LoadedFile> files = new ArrayList<>(List.of(new LoadedFile("PV kernel", kernel, kernelCommandLine)));
        ramdisk.ifPresent(content -> files.add(new LoadedFile("ramdisk", content, "")));
        return files;
    }
}
