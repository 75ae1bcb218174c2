// SPDX-License-Identifier: Apache-2.0
/** A simulated Xen host and its guests, for tests: of this project and of those who embed it. */
module org.xenjava.toolstack.sim {
    requires transitive org.xenjava.toolstack.xenctrl;
    requires com.google.common;
    requires static transitive org.jspecify;

    exports org.xenjava.toolstack.sim;
    exports org.xenjava.toolstack.sim.fault;
    exports org.xenjava.toolstack.sim.guest;
}
