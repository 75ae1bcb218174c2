// SPDX-License-Identifier: Apache-2.0
/** Records and replays all calls of the Xen libraries. */
module org.xenjava.toolstack.trace {
    requires transitive org.xenjava.toolstack.xenctrl;
    requires com.google.gson;
    requires static transitive org.jspecify;

    exports org.xenjava.toolstack.trace;
}
