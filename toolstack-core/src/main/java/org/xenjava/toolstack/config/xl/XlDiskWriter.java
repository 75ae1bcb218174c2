// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Option;

/** Writes a disk as a specification of xl-disk-configuration(5). */
final class XlDiskWriter {
    private XlDiskWriter() {}

    /** A text that {@link XlDiskReader} and xl read as this disk. The target is last: it takes the rest of the text. */
    static String write(DiskConfig disk) {
        List<String> parameters = new ArrayList<>(List.of(
                "vdev=" + disk.vdev(),
                "format=" + disk.format().word(),
                "access=" + disk.access().word(),
                "devtype=" + disk.device().word()));
        disk.backend().ifPresent(backend -> parameters.add("backendtype=" + backend.word()));
        disk.backendDomain().ifPresent(domain -> parameters.add("backend=" + domain));
        disk.script().ifPresent(script -> parameters.add("script=" + script));
        parameters.add(disk.options().contains(Option.DISCARD) ? "discard" : "no-discard");
        if (disk.options().contains(Option.DIRECT_IO_SAFE)) {
            parameters.add("direct-io-safe");
        }
        if (disk.options().contains(Option.UNTRUSTED)) {
            parameters.add("untrusted");
        }
        disk.target().ifPresent(target -> parameters.add("target=" + target + (target.endsWith(",") ? "," : "")));
        return String.join(",", parameters);
    }
}
