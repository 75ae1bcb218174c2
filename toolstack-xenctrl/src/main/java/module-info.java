// SPDX-License-Identifier: Apache-2.0
/**
 * Xen's stable C libraries and hypercalls, typed.
 *
 * <p>Supported for embedders: the library interfaces, which an embedder may implement, and the units of memory. The
 * typed hypercalls and the data of Xen's releases are exported to the modules of this project only.
 */
module org.xenjava.toolstack.xenctrl {
    requires com.sun.jna;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports org.xenjava.toolstack.xenctrl.lib;
    exports org.xenjava.toolstack.xenctrl.units;
    exports org.xenjava.toolstack.xenctrl to
            org.xenjava.toolstack.cli,
            org.xenjava.toolstack.core;
    exports org.xenjava.toolstack.xenctrl.abi to
            org.xenjava.toolstack.core,
            org.xenjava.toolstack.sim,
            org.xenjava.toolstack.trace;
    exports org.xenjava.toolstack.xenctrl.lib.wire to
            org.xenjava.toolstack.core,
            org.xenjava.toolstack.sim;
    exports org.xenjava.toolstack.xenctrl.lib.jna to
            org.xenjava.toolstack.core;

    // JNA reads the fields of its structures and calls the mapped libraries.
    opens org.xenjava.toolstack.xenctrl.lib.jna to
            com.sun.jna;
}
